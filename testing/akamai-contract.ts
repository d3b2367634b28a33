import type { CallInput } from '../src/akamai/catalogue/call-values.ts';
import type { ApiOperation, Catalogue, OperationDetails } from '../src/akamai/catalogue/catalogue.ts';
import { bodyTypeFor } from '../src/akamai/catalogue/media-types.ts';
import { sampleValue } from '../src/akamai/catalogue/sample-value.ts';
import type { CallValidator, ValidCall } from '../src/akamai/catalogue/validate-call.ts';
import { AkamaiClient } from '../src/akamai/client/akamai-client.ts';
import type { AkamaiRequest } from '../src/akamai/client/akamai-request.ts';
import type { Account } from '../src/akamai/credentials/account.ts';
import { accountsOf } from '../src/akamai/credentials/load-accounts.ts';
import { Secret } from '../src/akamai/credentials/secret.ts';
import { startPrisms } from './prism-server.ts';

export interface ApiContract {
  api: string;
  reads: number;
  /** Reads whose generated request the mock took and answered with a documented success. */
  answered: number;
  writes: number;
  /** Writes for which a generated body passes our validation. */
  validAccepted: number;
  /** Writes whose generated request the mock took as well. */
  mockAccepted: number;
  /** Writes with a body that can be broken, and how many of those were refused before they left. */
  breakable: number;
  brokenRefused: number;
  failures: string[];
}

const CHOICES = 6;

/** Runs every operation of one API through our validation and our client against Prism serving its document. */
export async function checkContract(
  api: string,
  document: object,
  catalogue: Catalogue,
  validator: CallValidator,
): Promise<ApiContract> {
  const prisms = await startPrisms(document);
  const client = new AkamaiClient({
    accounts: accountsOf(prisms.origins.map(mockAccount)),
    // A mock on this machine needs no politeness; time that does not pass keeps the check quick.
    clock: { now: Date.now, sleep: async () => {} },
  });
  const result: ApiContract = {
    api,
    reads: 0,
    answered: 0,
    writes: 0,
    validAccepted: 0,
    mockAccepted: 0,
    breakable: 0,
    brokenRefused: 0,
    failures: [],
  };
  try {
    for (const operation of catalogue.operations.filter((candidate) => candidate.api === api)) {
      const details = catalogue.details(operation);
      const fitting = fittingCalls(operation, details, validator);
      const isRead = operation.method === 'GET' || operation.method === 'HEAD';
      if (isRead) result.reads++;
      else {
        result.writes++;
        if (fitting.length > 0) result.validAccepted++;
        const broken = brokenInputs(details, fitting[0]?.input ?? {});
        if (broken.length > 0) {
          result.breakable++;
          if (broken.every((input) => refuses(validator, operation, input))) result.brokenRefused++;
          else result.failures.push(`${operation.operationId}: a broken body was accepted`);
        }
      }
      const told = await tryCalls(client, details, fitting, String(prisms.serverOf(operation.path)));
      if (told === undefined) {
        if (isRead) result.answered++;
        else result.mockAccepted++;
      } else result.failures.push(`${operation.method} ${operation.path}: ${told}`);
    }
  } finally {
    await client.close();
    await prisms.close();
  }
  return result;
}

function mockAccount(origin: string, index: number): Account {
  return {
    name: String(index),
    source: 'contract',
    edgeGrid: {
      origin,
      clientToken: new Secret('akab-contract-client'),
      clientSecret: new Secret('contract-secret-value'),
      accessToken: new Secret('akab-contract-access'),
      maxBodyBytes: 131_072,
    },
    linode: { origin, token: new Secret('contract-cloud-token') },
    netStorageUsage: { origin },
  };
}

interface Fitting {
  input: CallInput;
  call: ValidCall;
}

/** Generated calls that pass our own validation: each branch of alternatives in turn, bare and with optional members. */
function fittingCalls(operation: ApiOperation, details: OperationDetails, validator: CallValidator): Fitting[] {
  const fitting: Fitting[] = [];
  for (let choice = 0; choice < CHOICES; choice++) {
    for (const optional of [false, true]) {
      const input = generatedInput(details, choice, optional);
      try {
        fitting.push({ input, call: validator.validateCall(operation, input) });
      } catch {
        // another branch may fit
      }
    }
  }
  return fitting;
}

function generatedInput(details: OperationDetails, choice: number, optional: boolean): CallInput {
  const group = (place: string) =>
    Object.fromEntries(
      details.parameters
        .filter((parameter) => parameter.in === place && parameter.required && parameter.name !== 'PAPI-Use-Prefixes')
        .map((parameter) => [parameter.name, sampleValue(parameter.schema, details.defs, { choice })]),
    );
  const type = bodyTypeFor(details.body, undefined);
  const schema = type === undefined ? undefined : details.body?.content[type];
  const body = schema === undefined ? undefined : sampleValue(schema, details.defs, { choice, optional });
  return { path: group('path'), query: group('query'), headers: group('header'), body };
}

/** Bodies that must be refused: a required member missing, a member of a wrong type, no body where one is required. */
function brokenInputs(details: OperationDetails, good: CallInput): CallInput[] {
  const broken: CallInput[] = [];
  const body = good.body;
  if (details.body?.required) broken.push({ ...good, body: undefined });
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return broken;
  const type = bodyTypeFor(details.body, undefined);
  let schema = type === undefined ? undefined : details.body?.content[type];
  while (typeof schema === 'object' && typeof schema.$ref === 'string') schema = details.defs[schema.$ref.slice(8)];
  if (typeof schema !== 'object') return broken;
  const required = Array.isArray(schema.required) ? (schema.required as string[]).filter((name) => name in body) : [];
  for (const name of required.slice(0, 3)) {
    const { [name]: _, ...rest } = body as Record<string, unknown>;
    broken.push({ ...good, body: rest });
  }
  if (schema.type === 'object') broken.push({ ...good, body: [body] });
  return broken;
}

function refuses(validator: CallValidator, operation: ApiOperation, input: CallInput): boolean {
  try {
    validator.validateCall(operation, input);
    return false;
  } catch {
    return true;
  }
}

/** Undefined when the mock takes one of the calls, else what it said of the first. */
async function tryCalls(
  client: AkamaiClient,
  details: OperationDetails,
  fitting: readonly Fitting[],
  account: string,
): Promise<string | undefined> {
  let told: string | undefined;
  for (const { call } of fitting) {
    const problem = await tryCall(client, details, { ...call, account });
    if (problem === undefined) return undefined;
    told ??= problem;
    if (problem.includes('did not answer')) break; // the mock fell over: another body will not raise it
  }
  return told ?? 'no generated call fits our own schema';
}

async function tryCall(
  client: AkamaiClient,
  details: OperationDetails,
  call: AkamaiRequest,
): Promise<string | undefined> {
  try {
    const { status, body } = await client.request({
      ...call,
      followRedirects: false,
      idempotent: false,
      timeoutSeconds: 60, // how slow a mock is says nothing about the contract
    });
    const documented = Object.keys(details.responses);
    const fits = documented.some((code) => code === String(status) || code === `${String(status)[0]}XX`);
    if (fits || (status < 400 && documented.length === 0)) return undefined;
    return `${status} ${JSON.stringify(body)?.slice(0, 400)}`;
  } catch (error) {
    return (error as Error).message;
  }
}
