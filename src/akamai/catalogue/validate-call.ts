import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { AkamaiRequest } from '../client/akamai-request.ts';
import { asSent, fillPath, queryOf, sentType, textValues } from './build-call.ts';
import { type Problem, problemsOf, refusal, unknownHeaders, unknownNames } from './call-problems.ts';
import { type CallInput, type CallValues, callValues, headerValue } from './call-values.ts';
import type { ApiOperation, Catalogue, OperationDetails } from './catalogue.ts';
import { acceptFor, bodyTypeFor } from './media-types.ts';
import { requestSchemas } from './request-schemas.ts';

/** A call that matches its operation's schema, ready for the client. */
export type ValidCall = Pick<AkamaiRequest, 'method' | 'path' | 'query' | 'headers' | 'body' | 'server' | 'idempotent'>;

/** Formats that are checked; others in the documents are looser in practice than their names. */
const CHECKED_FORMATS = ['date', 'date-time', 'uuid', 'ipv4', 'ipv6', 'email'] as const;

/** Checks calls against the catalogue's schemas; compiled checks are kept. */
export class CallValidator {
  readonly #catalogue: Catalogue;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #ajv: Ajv2020;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true, logger: false });
    addFormats.default(this.#ajv, [...CHECKED_FORMATS]);
  }

  /**
   * The call as it will leave: path filled in and encoded, constants (`PAPI-Use-Prefixes`, Linode's `apiVersion`) added,
   * media types named. Fails with every problem named by its place: `query.contractId`, `body.objects`.
   */
  validateCall(operation: ApiOperation, input: CallInput): ValidCall {
    const details = this.#catalogue.details(operation);
    const values = callValues(details, input);
    const hints = Object.values(values.path).map(String);
    const contentType = bodyTypeFor(details.body, headerValue(input.headers, 'content-type'), hints);
    const problems = this.#problems(operation, details, input, values, contentType);
    if (problems.length > 0) throw refusal(operation, problems);
    return {
      method: operation.method,
      path: fillPath(operation.path, values.path),
      query: queryOf(values.query, details.parameters),
      headers: {
        accept: acceptFor(details.responses, hints),
        ...(input.body === undefined || contentType === undefined
          ? {}
          : { 'content-type': sentType(contentType, input.body) }),
        ...textValues(input.headers ?? {}),
        ...textValues(values.header),
      },
      ...(input.body === undefined ? {} : { body: asSent(input.body, contentType) }),
      server: operation.server,
      idempotent: operation.effect === 'read',
    };
  }

  #problems(
    operation: ApiOperation,
    details: OperationDetails,
    input: CallInput,
    values: CallValues,
    contentType: string | undefined,
  ): Problem[] {
    const { parameters, body } = details;
    const problems = [
      ...unknownNames('path', input.path, parameters),
      ...unknownNames('query', input.query, parameters),
      ...unknownHeaders(input.headers, parameters),
    ];
    if (input.body !== undefined && !body) {
      const text = `body: ${operation.method} ${operation.path} takes no body`;
      problems.push({ place: 'body', text, value: undefined });
    }
    if (body?.required && input.body === undefined) {
      problems.push({ place: 'body', text: 'body: is required', value: undefined });
    }
    for (const [name, value] of Object.entries(values.path)) {
      // These survive encoding but would climb out of the path.
      if (/^\.{0,2}$/.test(String(value)))
        problems.push({ place: `path.${name}`, text: `path.${name}: is empty`, value });
    }
    const isJson = input.body !== undefined && !(input.body instanceof Uint8Array);
    const subject = {
      path: values.path,
      query: values.query,
      headers: values.header,
      ...(isJson ? { body: input.body } : {}),
    };
    const check = this.#check(operation, details, contentType);
    if (!check(subject)) problems.push(...problemsOf(check.errors ?? [], subject));
    return problems;
  }

  #check(operation: ApiOperation, details: OperationDetails, contentType: string | undefined): ValidateFunction {
    const key = `${operation.api} ${operation.operationId} ${contentType ?? ''}`;
    let check = this.#compiled.get(key);
    if (!check) {
      check = this.#ajv.compile(requestSchemas(details, contentType) as Record<string, unknown>);
      this.#compiled.set(key, check);
    }
    return check;
  }
}
