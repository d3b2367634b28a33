import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, ChangeRequest, Observation, Reader } from '../changes/change-kind.ts';
import { jsonBody, type PlannedCall } from '../changes/planned-call.ts';
import { stagingGate } from '../changes/staging-gate.ts';
import { networkSchema } from '../network.ts';
import {
  type Activation,
  activationsSchema,
  includesSchema,
  papiHeaders,
  propertiesSchema,
  versionHostnamesSchema,
  versionsSchema,
} from './papi-shapes.ts';

const bodySchema = z.looseObject({
  propertyVersion: z.number().int().optional(),
  includeVersion: z.number().int().optional(),
  network: networkSchema,
  activationType: z.enum(['ACTIVATE', 'DEACTIVATE']).default('ACTIVATE'),
  note: z.string().default(''),
  notifyEmails: z.array(z.string()).default([]),
  acknowledgeWarnings: z.array(z.string()).default([]),
  acknowledgeAllWarnings: z.boolean().default(false),
  useFastFallback: z.boolean().default(false),
});

interface ActivationState {
  name: string;
  stagingVersion: number | null;
  productionVersion: number | null;
  /** Of the version that is to be activated: another edit of it gives another etag. */
  etag: string;
  /** Newest first; what has been submitted on this network so far. */
  activationIds: string[];
}

const hostnamesShown = 20;

/** Activating (or deactivating) a version of a property or of an include. */
export const propertyActivation = activationKind('properties', 'propertyId', 'post-property-activations');
export const includeActivation = activationKind('includes', 'includeId', 'post-include-activation');

function activationKind(
  resource: 'properties' | 'includes',
  idName: 'propertyId' | 'includeId',
  operationId: string,
): ChangeKind {
  const noun = resource === 'properties' ? 'property' : 'include';
  const versionName = resource === 'properties' ? 'propertyVersion' : 'includeVersion';

  const asked = (call: PlannedCall) => {
    const body = parseWith(bodySchema, jsonBody(call), 'the activation');
    const version = body[versionName];
    if (version === undefined)
      throw new FtsError('invalid-input', `${versionName} is required.`, { field: versionName });
    return { ...body, version };
  };

  return {
    name: `${noun}-activation`,
    operations: [`papi-v1 ${operationId}`],

    async observe(call, reader): Promise<Observation> {
      const { version, network } = asked(call);
      const base = `/papi/v1/${resource}/${encodeURIComponent(call.pathValues[idName] ?? '')}`;
      const get = papiGet(reader, call);
      const [item, versions, activations, hostnames] = await Promise.all([
        get(base).then((body) => overviewOf(resource, body)),
        get(`${base}/versions/${version}`).then((body) => parseWith(versionsSchema, body, 'the version')),
        get(`${base}/activations`).then((body) => parseWith(activationsSchema, body, 'the activations')),
        resource === 'properties'
          ? get(`${base}/versions/${version}/hostnames`).then((body) =>
              parseWith(versionHostnamesSchema, body, 'the hostnames'),
            )
          : undefined,
      ]);
      const submitted = activations.activations.items.filter((one) => one.network === network);
      const state: ActivationState = {
        ...item,
        etag: versions.versions.items[0]?.etag ?? '',
        activationIds: submitted.map((one) => one.activationId),
      };
      return { state, context: { hostnames: hostnames?.hostnames.items.map((one) => one.cnameFrom) ?? [] } };
    },

    describe(call, seen) {
      const state = seen.state as ActivationState;
      const body = asked(call);
      const { network, version } = body;
      if (body.acknowledgeAllWarnings) {
        throw new FtsError('invalid-input', 'Warnings are acknowledged one by one, never all at once.', {
          field: 'acknowledgeAllWarnings',
          value: true,
          remedy: 'Plan without it; the answer lists the warnings, and each is acknowledged by its messageId.',
        });
      }
      const current = network === 'STAGING' ? state.stagingVersion : state.productionVersion;
      const deactivates = body.activationType === 'DEACTIVATE';
      if (!deactivates && current === version) {
        throw new FtsError('conflict', `Version ${version} of ${state.name} is already active on ${network}.`, {
          field: versionName,
          value: version,
          remedy: 'There is nothing to activate.',
        });
      }
      const hostnames = (seen.context?.hostnames ?? []) as string[];
      const gate = deactivates ? undefined : stagingGate(network, version, state.stagingVersion);
      const next = deactivates ? null : version;
      return {
        title: `${deactivates ? 'Deactivate' : 'Activate'} ${noun} ${state.name} version ${version} on ${network}`,
        network,
        affects: [
          `${noun} ${state.name} (${call.pathValues[idName]})`,
          ...hostnames.slice(0, hostnamesShown).map((name) => `hostname ${name}`),
          ...(hostnames.length > hostnamesShown ? [`and ${hostnames.length - hostnamesShown} more hostnames`] : []),
        ],
        blastRadius:
          network === 'PRODUCTION'
            ? `Live traffic of ${hostnames.length} hostname${hostnames.length === 1 ? '' : 's'}${deactivates ? ', which this property will no longer serve' : ''}.`
            : 'The staging network only; no live traffic.',
        differences: [
          {
            op: 'replace',
            path: `/${network.toLowerCase()}Version`,
            place: `active version on ${network}`,
            before: current,
            after: next,
          },
        ],
        wayBack:
          current === null
            ? `Nothing was active on ${network} before: the way back is to deactivate.`
            : `Activate version ${current} again, by fast fallback while Akamai offers it.`,
        warnings: [
          ...body.acknowledgeWarnings.map((id) => `Acknowledges the warning ${id}.`),
          ...(body.notifyEmails.length > 0 ? [`Akamai mails ${body.notifyEmails.join(', ')}.`] : []),
        ],
        ...(gate === undefined ? {} : { gate }),
      };
    },

    wasApplied(call, before, now) {
      const { version, network } = asked(call);
      const old = before.state as ActivationState;
      const state = now.state as ActivationState;
      const isNew = state.activationIds.some((id) => !old.activationIds.includes(id));
      const active = network === 'STAGING' ? state.stagingVersion : state.productionVersion;
      if (!isNew) return 'no';
      // A new submission on this network: ours, unless somebody else got another version active meanwhile.
      const activeBefore = network === 'STAGING' ? old.stagingVersion : old.productionVersion;
      return active === version || active === activeBefore ? 'yes' : 'unknown';
    },

    async undo(call, before, _outcome, reader): Promise<ChangeRequest | undefined> {
      const { network, version, notifyEmails } = asked(call);
      const old = before.state as ActivationState;
      const previous = network === 'STAGING' ? old.stagingVersion : old.productionVersion;
      const base = `/papi/v1/${resource}/${encodeURIComponent(call.pathValues[idName] ?? '')}`;
      const items = parseWith(activationsSchema, await papiGet(reader, call)(`${base}/activations`), 'the activations');
      const latest = items.activations.items.find(
        (one) =>
          one.network === network && one[versionName] === version && !old.activationIds.includes(one.activationId),
      );
      const to = { account: call.account, accountSwitchKey: call.accountSwitchKey, query: call.query };
      if (latest !== undefined && isPending(latest)) {
        const cancel = resource === 'properties' ? 'delete-property-activation' : 'delete-include-activation';
        return {
          api: 'papi-v1',
          operationId: cancel,
          path: { [idName]: call.pathValues[idName], activationId: latest.activationId },
          ...to,
        };
      }
      const fallsBack =
        latest?.fallbackInfo?.canFastFallback === true && latest.fallbackInfo.fallbackVersion === previous;
      return {
        api: 'papi-v1',
        operationId,
        path: { [idName]: call.pathValues[idName] },
        ...to,
        body: {
          [versionName]: previous ?? version,
          network,
          activationType: previous === null ? 'DEACTIVATE' : 'ACTIVATE',
          note: `Rolls back version ${version}`,
          notifyEmails,
          ...(fallsBack ? { useFastFallback: true } : {}),
        },
      };
    },
  };
}

/** Every path of PAPI below a property takes the contract and group that the write named. */
function papiGet(reader: Reader, call: PlannedCall): (path: string) => Promise<unknown> {
  const { contractId, groupId } = call.query;
  const query = { ...(contractId === undefined ? {} : { contractId }), ...(groupId === undefined ? {} : { groupId }) };
  return async (path) => (await reader.get(path, { query, headers: papiHeaders })).body;
}

function overviewOf(resource: 'properties' | 'includes', body: unknown) {
  const item =
    resource === 'properties'
      ? parseWith(propertiesSchema, body, 'the property').properties.items.map((one) => ({
          ...one,
          name: one.propertyName,
        }))[0]
      : parseWith(includesSchema, body, 'the include').includes.items.map((one) => ({
          ...one,
          name: one.includeName,
        }))[0];
  if (item === undefined)
    throw new FtsError('not-found', `Akamai lists no such ${resource === 'properties' ? 'property' : 'include'}.`);
  return {
    name: item.name,
    stagingVersion: item.stagingVersion ?? null,
    productionVersion: item.productionVersion ?? null,
  };
}

export function isPending(activation: Pick<Activation, 'status'>): boolean {
  return /^(PENDING|NEW|ZONE_[123]|PENDING_DEACTIVATION|PENDING_CANCELLATION)$/.test(activation.status);
}
