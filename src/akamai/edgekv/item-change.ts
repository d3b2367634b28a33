import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, ChangeRequest, Observation } from '../changes/change-kind.ts';
import { differences } from '../changes/difference.ts';
import { bodyOf, type PlannedCall } from '../changes/planned-call.ts';
import { networkSchema } from '../network.ts';

interface ItemState {
  exists: boolean;
  value?: unknown;
}

/** Writing or deleting one EdgeKV item. */
export const edgeKvItem: ChangeKind = {
  name: 'edgekv-item',
  operations: ['edgekv-v1 put-item', 'edgekv-v1 delete-item'],

  async observe(call, reader): Promise<Observation> {
    const { status, body } = await reader.get(call.path, { query: call.query, allow: [404] });
    return { state: (status === 404 ? { exists: false } : { exists: true, value: body }) satisfies ItemState };
  },

  describe(call, seen) {
    const state = seen.state as ItemState;
    const { namespaceId, groupId, itemId } = call.pathValues;
    const network = parseWith(networkSchema, call.pathValues.network, 'the network of the item');
    const item = `${namespaceId}/${groupId}/${itemId}`;
    const verb = call.method === 'DELETE' ? 'Delete' : state.exists ? 'Change' : 'Add';
    return {
      title: `${verb} EdgeKV item ${item} on ${network}`,
      network,
      affects: [`item ${item}`, 'every EdgeWorker that reads it'],
      blastRadius:
        network === 'PRODUCTION' ? 'Live EdgeWorkers, within about 10 seconds.' : 'EdgeWorkers on staging only.',
      differences: differences(state.exists ? state.value : undefined, valueAfter(call)),
      wayBack: state.exists ? 'Write the old value again (rollback makes that plan).' : 'Delete the item again.',
      warnings: call.method === 'DELETE' && !state.exists ? ['There is no such item.'] : [],
    };
  },

  wasApplied(call, _before, now) {
    const state = now.state as ItemState;
    // EdgeKV is eventually consistent: the old value, read now, does not mean that nothing was written.
    return differences(state.exists ? state.value : undefined, valueAfter(call)).length === 0 ? 'yes' : 'unknown';
  },

  async undo(call, before): Promise<ChangeRequest> {
    const old = before.state as ItemState;
    const to = {
      api: 'edgekv-v1',
      path: call.pathValues,
      query: call.query,
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
    };
    if (!old.exists) return { ...to, operationId: 'delete-item' };
    const isText = typeof old.value === 'string';
    return {
      ...to,
      operationId: 'put-item',
      headers: { 'content-type': isText ? 'text/plain' : 'application/json' },
      body: old.value,
    };
  },
};

function valueAfter(call: PlannedCall): unknown {
  return call.method === 'DELETE' ? undefined : bodyOf(call);
}
