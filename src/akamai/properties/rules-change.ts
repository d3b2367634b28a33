import jsonPatch from 'fast-json-patch';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { digestOf } from '../../store/canonical-json.ts';
import type { ChangeKind, Observation } from '../changes/change-kind.ts';
import { differences } from '../changes/difference.ts';
import { bodyOf, jsonBody, type PlannedCall } from '../changes/planned-call.ts';
import { papiHeaders, ruleTreeSchema } from './papi-shapes.ts';

interface RulesState {
  etag: string;
  rules: unknown;
}

/** Editing the rule tree of an inactive version, by JSON Patch (RFC 6902) or as a whole, bound to its ETag. */
export const propertyRules: ChangeKind = {
  name: 'property-rules',
  operations: [
    'patch-property-version-rules',
    'put-property-version-rules',
    'patch-include-version-rules',
    'put-include-version-rules',
  ].map((id) => `papi-v1 ${id}`),

  async observe(call, reader): Promise<Observation> {
    const { contractId, groupId } = call.query;
    const query = {
      ...(contractId === undefined ? {} : { contractId }),
      ...(groupId === undefined ? {} : { groupId }),
    };
    const { body } = await reader.get(call.path, { query, headers: papiHeaders });
    const { etag, rules } = parseWith(ruleTreeSchema, body, 'the rule tree');
    return { state: { etag, rules } satisfies RulesState };
  },

  describe(call, seen) {
    const state = seen.state as RulesState;
    const match = call.headers['if-match']?.replaceAll('"', '');
    if (match !== undefined && match !== state.etag) {
      throw new FtsError('conflict', 'The rule tree is no longer the one that If-Match names.', {
        field: 'headers.If-Match',
        value: match,
        remedy: `Read it again; its etag is now ${state.etag}.`,
      });
    }
    const changes = differences({ rules: state.rules }, { rules: rulesAfter(call, state) });
    if (changes.length === 0) {
      throw new FtsError('invalid-input', 'The edit changes nothing.', { field: 'body', remedy: 'Check the patch.' });
    }
    const version = call.pathValues.propertyVersion ?? call.pathValues.includeVersion;
    const id = call.pathValues.propertyId ?? call.pathValues.includeId;
    return {
      title: `Edit the rules of ${id} version ${version}: ${changes.length} difference${changes.length === 1 ? '' : 's'}`,
      affects: [`version ${version} of ${id}`],
      blastRadius: 'An inactive version: no traffic until it is activated.',
      differences: changes,
      wayBack: 'Write the rule tree read before the edit (rollback makes that plan).',
      warnings: [],
    };
  },

  wasApplied(call, before, now) {
    const old = before.state as RulesState;
    const state = now.state as RulesState;
    if (digestOf(state.rules) === digestOf(old.rules)) return 'no';
    return digestOf(withoutIds(state.rules)) === digestOf(withoutIds(rulesAfter(call, old))) ? 'yes' : 'unknown';
  },

  async undo(call, before, _outcome, reader) {
    const now = (await this.observe(call, reader)).state as RulesState;
    const include = call.operationId.includes('include');
    return {
      api: 'papi-v1',
      operationId: include ? 'put-include-version-rules' : 'put-property-version-rules',
      path: call.pathValues,
      query: call.query,
      headers: { 'If-Match': `"${now.etag}"` },
      body: { rules: (before.state as RulesState).rules },
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
    };
  },
};

function rulesAfter(call: PlannedCall, state: RulesState): unknown {
  if (call.method === 'PUT') return jsonBody(call).rules;
  return patched({ rules: state.rules }, bodyOf(call)).rules;
}

/** A JSON Patch applied to a copy; a bad operation is told by its number. */
export function patched<Document extends object>(document: Document, patch: unknown): Document {
  if (!Array.isArray(patch)) {
    throw new FtsError('invalid-input', 'A JSON Patch is a list of operations.', { field: 'patch', value: patch });
  }
  let copy = JSON.parse(JSON.stringify(document)) as Document;
  for (const [index, operation] of (patch as jsonPatch.Operation[]).entries()) {
    // One at a time: the library does not say which of several does not apply.
    const error = jsonPatch.validate([operation], copy);
    if (error !== undefined) {
      throw new FtsError('invalid-input', `Patch operation ${index} does not apply: ${error.message.split('\n')[0]}`, {
        field: `patch[${index}]`,
        value: operation,
        remedy: 'Read the rule tree again; paths begin with /rules and count from 0.',
      });
    }
    copy = jsonPatch.applyOperation(copy, operation).newDocument;
  }
  return copy;
}

/** Akamai gives new behaviors an id of its own. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'uuid' ? undefined : inner)));
}
