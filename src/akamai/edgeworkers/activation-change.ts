import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, Observation } from '../changes/change-kind.ts';
import { jsonBody, type PlannedCall } from '../changes/planned-call.ts';
import { stagingGate } from '../changes/staging-gate.ts';
import { type Network, networkSchema } from '../network.ts';

export const edgeWorkerActivationsSchema = z.object({
  activations: z.array(
    z.looseObject({
      activationId: z.number().int(),
      version: z.string(),
      network: networkSchema,
      status: z.string(),
      createdTime: z.string().nullish(),
      lastModifiedTime: z.string().nullish(),
    }),
  ),
});
type ActivationItem = z.output<typeof edgeWorkerActivationsSchema>['activations'][number];

const propertiesSchema = z.object({
  properties: z.array(
    z.looseObject({
      propertyName: z.string(),
      stagingVersion: z.number().nullish(),
      productionVersion: z.number().nullish(),
    }),
  ),
});
const bodySchema = z.looseObject({ network: networkSchema, version: z.string().optional() });

interface ActivationState {
  staging: string | null;
  production: string | null;
  /** Of the network in question. */
  latestActivationId: number | null;
  previous: string | null;
}

/** Activating an EdgeWorker version, or rolling back to the one that was active before. */
export const edgeWorkerActivation: ChangeKind = {
  name: 'edgeworker-activation',
  operations: ['edgeworkers-v1 post-activations', 'edgeworkers-v1 post-rollback-to-previous-active-version'],

  async observe(call, reader): Promise<Observation> {
    const { network } = asked(call);
    const base = `/edgeworkers/v1/ids/${encodeURIComponent(call.pathValues.edgeWorkerId ?? '')}`;
    const [activations, properties] = await Promise.all([
      reader.get(`${base}/activations`),
      reader.get(`${base}/properties`, { allow: [403, 404] }),
    ]);
    const items = parseWith(edgeWorkerActivationsSchema, activations.body, 'the activations').activations;
    const here = newestFirst(items.filter((item) => item.network === network));
    const current = activeVersion(items, network);
    const state: ActivationState = {
      staging: activeVersion(items, 'STAGING'),
      production: activeVersion(items, 'PRODUCTION'),
      latestActivationId: here[0]?.activationId ?? null,
      previous: here.find((item) => item.status === 'COMPLETE' && item.version !== current)?.version ?? null,
    };
    const used = propertiesSchema.safeParse(properties.body);
    return { state, context: { properties: used.success ? used.data.properties.map((one) => one.propertyName) : [] } };
  },

  describe(call, seen) {
    const state = seen.state as ActivationState;
    const { network, version, isRollback } = wanted(call, state);
    const current = network === 'STAGING' ? state.staging : state.production;
    if (current === version && !isRollback) {
      throw new FtsError('conflict', `Version ${version} is already active on ${network}.`, {
        field: 'version',
        value: version,
      });
    }
    const properties = (seen.context?.properties ?? []) as string[];
    // A version that ran in production before needs no staging on its way back.
    const gate = isRollback ? undefined : stagingGate(network, version, state.staging);
    const id = call.pathValues.edgeWorkerId;
    return {
      title: `${isRollback ? 'Roll back' : 'Activate'} EdgeWorker ${id} ${isRollback ? 'to' : 'version'} ${version} on ${network}`,
      network,
      affects: [`EdgeWorker ${id}`, ...properties.map((name) => `property ${name}`)],
      blastRadius:
        network === 'PRODUCTION'
          ? `Live traffic of ${properties.length === 0 ? 'the properties that run it' : `${properties.length} properties`}.`
          : 'The staging network only; no live traffic.',
      differences: [
        {
          op: 'replace',
          path: `/${network.toLowerCase()}`,
          place: `active version on ${network}`,
          before: current,
          after: version,
        },
      ],
      wayBack: current === null ? 'Nothing was active before: deactivate it.' : `Activate version ${current} again.`,
      warnings: [],
      ...(gate === undefined ? {} : { gate }),
    };
  },

  wasApplied(_call, before, now) {
    const [old, state] = [before.state as ActivationState, now.state as ActivationState];
    return state.latestActivationId === old.latestActivationId ? 'no' : 'yes';
  },

  async undo(call, before) {
    const { network } = asked(call);
    const old = before.state as ActivationState;
    const version = network === 'STAGING' ? old.staging : old.production;
    const to = {
      api: 'edgeworkers-v1',
      path: { edgeWorkerId: call.pathValues.edgeWorkerId },
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
    };
    const note = `Rolls back to ${version ?? 'nothing'}`;
    if (version !== null) return { ...to, operationId: 'post-activations', body: { network, version, note } };
    return { ...to, operationId: 'post-deactivations', body: { network, version: asked(call).version, note } };
  },
};

function asked(call: PlannedCall) {
  return parseWith(bodySchema, jsonBody(call), 'the activation');
}

function wanted(call: PlannedCall, state: ActivationState): { network: Network; version: string; isRollback: boolean } {
  const { network, version } = asked(call);
  const isRollback = call.operationId.includes('rollback');
  const target = isRollback ? state.previous : version;
  if (target !== null && target !== undefined) return { network, version: target, isRollback };
  throw new FtsError('conflict', `No other version was active on ${network} before.`, {
    field: 'network',
    value: network,
    remedy: 'Activate a version instead.',
  });
}

/** The version whose activation completed last; EdgeWorkers does not list it anywhere else. */
export function activeVersion(items: readonly ActivationItem[], network: string): string | null {
  return newestFirst(items).find((item) => item.network === network && item.status === 'COMPLETE')?.version ?? null;
}

function newestFirst(items: readonly ActivationItem[]): ActivationItem[] {
  return [...items].sort((left, right) => right.activationId - left.activationId);
}
