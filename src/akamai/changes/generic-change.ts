import { canonicalJson, digestOf } from '../../store/canonical-json.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CallValidator, ValidCall } from '../catalogue/validate-call.ts';
import { type Network, networkSchema } from '../network.ts';
import type { ChangeKind, Gate, Observation } from './change-kind.ts';
import { type Difference, differences } from './difference.ts';
import { jsonBody, type PlannedCall } from './planned-call.ts';
import { unknownStagingGate } from './staging-gate.ts';

interface ReadState {
  exists: boolean;
  etag?: string;
  body?: unknown;
}

/**
 * Any write of the catalogue that has no kind of its own. The state is whatever `GET` on the same path says: the thing
 * itself for PUT, PATCH and DELETE, the collection for POST.
 */
export function genericChange(catalogue: Catalogue, validator: CallValidator): ChangeKind {
  return {
    name: 'generic',
    operations: [],

    async observe(call, reader) {
      const read = readingCall(catalogue, validator, call);
      if (read === undefined) return { state: null };
      const { status, headers, body } = await reader.get(read.path, {
        query: read.query ?? {},
        headers: read.headers ?? {},
        allow: [404, 410],
      });
      if (status >= 400) return { state: { exists: false } satisfies ReadState };
      const etag = headers.etag;
      return { state: { exists: true, ...(etag === undefined ? {} : { etag }), body } satisfies ReadState };
    },

    describe(call, seen) {
      const operation = catalogue.find(call.api, call.operationId);
      const state = seen.state as ReadState | null;
      const network = networkOf(call);
      const gate = unverifiableActivation(call);
      return {
        title: `${operation.summary} (${call.method} ${call.path})`,
        ...(network === undefined ? {} : { network }),
        affects: Object.entries(call.pathValues).map(([name, value]) => `${name} ${value}`),
        blastRadius: blastRadius(call, network),
        differences: whatChanges(call, state),
        wayBack: wayBack(call, state),
        warnings:
          state === null
            ? ['The present state cannot be read, so a change by others in between would go unnoticed.']
            : [],
        ...(gate === undefined ? {} : { gate }),
      };
    },

    wasApplied: (call, before, now) => judge(call, before.state as ReadState | null, now.state as ReadState | null),

    async undo(call, before) {
      const old = previousBody(call, before);
      if (old === undefined) return undefined;
      return {
        api: call.api,
        operationId: call.operationId,
        path: call.pathValues,
        query: call.query,
        body: old,
        account: call.account,
        accountSwitchKey: call.accountSwitchKey,
      };
    },
  };
}

function readingCall(catalogue: Catalogue, validator: CallValidator, call: PlannedCall): ValidCall | undefined {
  const match = catalogue.match('GET', call.template);
  if (match === undefined || match.operation.path !== call.template) return undefined;
  const { parameters } = catalogue.details(match.operation);
  const names = parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
  const query = Object.fromEntries(Object.entries(call.query).filter(([name]) => names.includes(name)));
  try {
    return validator.validateCall(match.operation, { path: call.pathValues, query });
  } catch {
    return undefined; // the reading needs something that the write does not name
  }
}

function whatChanges(call: PlannedCall, state: ReadState | null): Difference[] {
  const sent = call.body !== undefined && 'json' in call.body ? call.body.json : undefined;
  if (call.method === 'DELETE') return state?.exists === true ? differences(state.body, undefined) : [];
  if (call.method === 'POST' || state?.exists !== true) return differences(undefined, sent);
  if (typeof state.body !== 'object' || state.body === null) return differences(state.body, sent);
  // Members that the call does not name stay as they are, or are the server's own.
  const named = Object.fromEntries(
    Object.keys(jsonBody(call)).map((key) => [key, Reflect.get(state.body as object, key)]),
  );
  return differences(named, jsonBody(call));
}

function previousBody(call: PlannedCall, before: Observation): Record<string, unknown> | undefined {
  const state = before.state as ReadState | null;
  if (call.method !== 'PUT' || state?.exists !== true) return undefined;
  if (typeof state.body !== 'object' || state.body === null || Array.isArray(state.body)) return undefined;
  const old = state.body as Record<string, unknown>;
  const names = Object.keys(jsonBody(call)).filter((name) => name in old);
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, old[name]]));
}

function wayBack(call: PlannedCall, state: ReadState | null): string {
  if (previousBody(call, { state }) !== undefined)
    return 'Write the values read before the change (rollback makes that plan).';
  return call.effect === 'destructive'
    ? 'None: what is deleted is gone.'
    : 'None that is automatic: undo it with another plan.';
}

function judge(call: PlannedCall, before: ReadState | null, now: ReadState | null): 'yes' | 'no' | 'unknown' {
  if (before === null || now === null) return 'unknown';
  if (digestOf(before) === digestOf(now)) return 'no';
  if (call.method === 'DELETE') return now.exists ? 'unknown' : 'yes';
  if (call.method === 'POST') return newMember(call, before.body, now.body) ? 'yes' : 'unknown';
  return now.exists && contains(now.body, jsonBody(call)) ? 'yes' : 'unknown';
}

/** Is there something in the collection now, not there before, that has every value we sent? */
function newMember(call: PlannedCall, before: unknown, now: unknown): boolean {
  const known = new Set(members(before).map(canonicalJson));
  return members(now).some((member) => !known.has(canonicalJson(member)) && contains(member, jsonBody(call)));
}

function members(collection: unknown): object[] {
  if (typeof collection !== 'object' || collection === null) return [];
  const children = Object.values(collection).filter(
    (child): child is object => typeof child === 'object' && child !== null,
  );
  return Array.isArray(collection) ? children : children.flatMap(members);
}

function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (Array.isArray(part)) return canonicalJson(value) === canonicalJson(part);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => contains(Reflect.get(value, key), inner));
}

function networkOf(call: PlannedCall): Network | undefined {
  const body = jsonBody(call);
  const named = call.pathValues.network ?? call.query.network ?? body.network ?? body.targetEnvironment;
  // Some APIs shorten the name in paths.
  if (/^prod$/i.test(String(named))) return 'PRODUCTION';
  return networkSchema.safeParse(named).data;
}

/** Activations of other APIs: whether the same version runs on staging cannot be told in general, so a person says so. */
function unverifiableActivation(call: PlannedCall): Gate | undefined {
  const activates = call.method !== 'DELETE' && /activat/i.test(`${call.template} ${call.operationId}`);
  const mentionsProduction = /"production"/i.test(canonicalJson([call.pathValues, call.query, call.body ?? null]));
  if (!activates || !mentionsProduction) return undefined;
  return unknownStagingGate();
}

function blastRadius(call: PlannedCall, network: string | undefined): string {
  if (network === 'PRODUCTION') return 'Live traffic on the production network.';
  if (network === 'STAGING') return 'The staging network only; no live traffic.';
  return call.effect === 'destructive' ? 'Removes what is named above.' : 'Configuration named above.';
}
