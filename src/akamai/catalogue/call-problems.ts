import type { ErrorObject } from 'ajv/dist/2020.js';
import { FtsError } from '../../errors/fts-error.ts';
import { pointerKeys, pointerStep, valueAtPointer } from '../../text/json-pointer.ts';
import type { ApiOperation } from './catalogue.ts';
import type { ApiParameter } from './facts.ts';

const SHOWN_PROBLEMS = 5;

/** One thing that is wrong with a call, by its place: `query.contractId`, `body.objects`. */
export interface Problem {
  place: string;
  text: string;
  value: unknown;
}

/**
 * Headers that a caller may add to any call: content negotiation, conditions, tracing. Everything else signs, routes or
 * frames the message, or has a meaning that nobody reviewed, so it is refused unless the operation documents it.
 */
const FREE_HEADERS = new Set([
  'accept',
  'accept-language',
  'content-type',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'traceparent',
  'tracestate',
  'x-request-id',
]);

export function unknownHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
  parameters: readonly ApiParameter[],
): Problem[] {
  const documented = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name.toLowerCase());
  return Object.entries(headers ?? {})
    .filter(([name, value]) => value !== undefined && !FREE_HEADERS.has(name.toLowerCase()))
    .filter(([name]) => !documented.includes(name.toLowerCase()))
    .map(([name, value]) => {
      const known = [...documented, ...FREE_HEADERS].join(', ');
      return { place: `headers.${name}`, text: `headers.${name}: may not be set here (allowed: ${known})`, value };
    });
}

export function unknownNames(
  place: 'path' | 'query',
  values: Readonly<Record<string, unknown>> | undefined,
  parameters: readonly ApiParameter[],
): Problem[] {
  const known = parameters.filter((parameter) => parameter.in === place).map((parameter) => parameter.name);
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(values ?? {})) {
    if (value === undefined || known.includes(name)) continue;
    const hint =
      name === 'accountSwitchKey'
        ? 'name it beside the call, not in its query'
        : known.length === 0
          ? `it takes no ${place} parameters`
          : `known: ${known.join(', ')}`;
    problems.push({ place: `${place}.${name}`, text: `${place}.${name}: unknown parameter (${hint})`, value });
  }
  return problems;
}

/** Ajv errors in words, the most deeply nested first. */
export function problemsOf(errors: readonly ErrorObject[], subject: unknown): Problem[] {
  const deepest = new Map<string, Problem>();
  for (const error of errors) {
    if (error.keyword === 'if' || error.keyword === 'allOf') continue;
    const missing = error.keyword === 'required' ? `/${pointerStep(String(error.params.missingProperty))}` : '';
    const extraName = error.params.additionalProperty ?? error.params.unevaluatedProperty;
    const extra = typeof extraName === 'string' ? `/${pointerStep(extraName)}` : '';
    const pointer = `${error.instancePath}${missing}${extra}`;
    const place = pointerKeys(pointer).join('.');
    const said = missing !== '' ? 'is required' : extra !== '' ? 'is not a known member' : saidBy(error);
    const text = `${place}: ${said}`;
    if (!deepest.has(text)) deepest.set(text, { place, text, value: valueAtPointer(subject, pointer) });
  }
  // The most deeply nested problem is the one to correct; "must match exactly one schema" above it only echoes it.
  return [...deepest.values()].sort((a, b) => b.place.split('.').length - a.place.split('.').length);
}

function saidBy(error: ErrorObject): string {
  if (error.keyword === 'enum') return `must be one of ${error.params.allowedValues.map(String).join(', ')}`;
  if (error.keyword === 'oneOf' || error.keyword === 'anyOf')
    return 'fits none (or more than one) of the allowed shapes';
  return error.message ?? error.keyword;
}

/** One error for all problems of a call. */
export function refusal(operation: ApiOperation, problems: readonly Problem[]): FtsError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => problem.text);
  const more = problems.length > SHOWN_PROBLEMS ? ` (and ${problems.length - SHOWN_PROBLEMS} more)` : '';
  const first = problems[0]!;
  return new FtsError(
    'invalid-input',
    `The call does not fit ${operation.api} ${operation.operationId}: ${shown.join('; ')}${more}.`,
    {
      field: first.place,
      value: first.value,
      remedy: `See what it takes: fts akamai describe ${operation.api} ${operation.operationId}.`,
    },
  );
}
