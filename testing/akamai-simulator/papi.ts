import jsonPatch from 'fast-json-patch';
import { etagOf, ok, problem, type Route, type SimulatedAnswer, type SimulatedRequest } from './route.ts';

export type Network = 'STAGING' | 'PRODUCTION';

interface SimulatedVersion {
  version: number;
  rules: Record<string, unknown>;
  hostnames: { cnameFrom: string; cnameTo: string }[];
  note: string;
}

interface SimulatedActivation {
  activationId: string;
  version: number;
  network: Network;
  type: 'ACTIVATE' | 'DEACTIVATE';
  status: string;
  note: string;
  /** How many more reads until it is done. */
  pollsLeft: number;
  canFastFallback: boolean;
  fallbackVersion: number;
}

export interface SimulatedProperty {
  id: string;
  name: string;
  contractId: string;
  groupId: string;
  versions: SimulatedVersion[];
  activations: SimulatedActivation[];
  active: Partial<Record<Network, number>>;
  /** Message ids that an activation must acknowledge. */
  warnings: { messageId: string; title: string; detail: string }[];
}

export interface PapiState {
  groups: { groupId: string; groupName: string; contractIds: string[]; parentGroupId?: string }[];
  properties: SimulatedProperty[];
  /** Reads of an activation until it becomes ACTIVE; 0 activates at once. */
  activationPolls: number;
  nextActivation: number;
}

export function emptyPapi(): PapiState {
  return { groups: [], properties: [], activationPolls: 0, nextActivation: 1 };
}

const activatable = (version: SimulatedVersion | undefined): version is SimulatedVersion => version !== undefined;

/** A stateful Property Manager: groups, properties, versions, rule trees with ETags, hostnames, activations. */
export function papiRoutes(state: PapiState): Route[] {
  const property = (id: string) => state.properties.find((candidate) => candidate.id === id);
  const withVersion = (
    [id, number]: readonly string[],
    handle: (property: SimulatedProperty, version: SimulatedVersion) => SimulatedAnswer,
  ): SimulatedAnswer => {
    const found = property(id ?? '');
    const version = found?.versions.find((candidate) => candidate.version === Number(number));
    return found === undefined || !activatable(version)
      ? problem(404, 'No such property version')
      : handle(found, version);
  };
  const withProperty = (
    [id]: readonly string[],
    handle: (property: SimulatedProperty) => SimulatedAnswer,
  ): SimulatedAnswer => {
    const found = property(id ?? '');
    return found === undefined ? problem(404, 'No such property') : handle(found);
  };
  const base = '/papi/v1';
  return [
    {
      method: 'GET',
      path: `${base}/contracts`,
      handle: () => {
        const ids = new Set(state.groups.flatMap((group) => group.contractIds));
        const items = [...ids].map((contractId) => ({ contractId, contractTypeName: 'DIRECT_CUSTOMER' }));
        return ok({ accountId: 'act_1', contracts: { items } });
      },
    },
    {
      method: 'GET',
      path: `${base}/groups`,
      handle: () => ok({ accountId: 'act_1', accountName: 'Simulated', groups: { items: state.groups } }),
    },
    {
      method: 'GET',
      path: `${base}/properties`,
      handle: ({ query }) => {
        const items = state.properties
          .filter((one) => one.groupId === query.get('groupId') && one.contractId === query.get('contractId'))
          .map(propertyItem);
        return ok({ properties: { items } });
      },
    },
    {
      method: 'GET',
      path: `${base}/hostnames`,
      handle: ({ query }) => {
        const network = query.get('network') === 'STAGING' ? 'STAGING' : 'PRODUCTION';
        const all = state.properties.flatMap((one) => hostnameItems(one, network));
        const offset = Number(query.get('offset') ?? 0);
        const limit = Number(query.get('limit') ?? 100);
        const items = all.slice(offset, offset + limit);
        const more = offset + limit < all.length;
        const nextLink = more ? `/papi/v1/hostnames?offset=${offset + limit}&limit=${limit}&network=${network}` : '';
        return ok({
          accountId: 'act_1',
          hostnames: { items, currentItemCount: items.length, totalItems: all.length, nextLink },
        });
      },
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}`,
      handle: (_request, ids) => withProperty(ids, (one) => ok({ properties: { items: [propertyItem(one)] } })),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/versions`,
      handle: (_request, ids) =>
        withProperty(ids, (one) =>
          ok({
            propertyId: one.id,
            propertyName: one.name,
            contractId: one.contractId,
            groupId: one.groupId,
            versions: { items: [...one.versions].reverse().map((version) => versionItem(one, version)) },
          }),
        ),
    },
    {
      method: 'POST',
      path: `${base}/properties/{propertyId}/versions`,
      handle: (request, ids) => withProperty(ids, (one) => createVersion(one, request)),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/versions/{version}`,
      handle: (_request, ids) =>
        withVersion(ids, (one, version) =>
          ok({
            propertyId: one.id,
            propertyName: one.name,
            contractId: one.contractId,
            groupId: one.groupId,
            versions: { items: [versionItem(one, version)] },
          }),
        ),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/versions/{version}/rules`,
      handle: (_request, ids) => withVersion(ids, (one, version) => rulesAnswer(one, version)),
    },
    {
      method: 'PATCH',
      path: `${base}/properties/{propertyId}/versions/{version}/rules`,
      handle: (request, ids) => withVersion(ids, (one, version) => changeRules(one, version, request)),
    },
    {
      method: 'PUT',
      path: `${base}/properties/{propertyId}/versions/{version}/rules`,
      handle: (request, ids) => withVersion(ids, (one, version) => changeRules(one, version, request)),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/versions/{version}/hostnames`,
      handle: (_request, ids) =>
        withVersion(ids, (one, version) =>
          ok({
            propertyId: one.id,
            propertyVersion: version.version,
            etag: etagOf(version.hostnames),
            hostnames: { items: version.hostnames.map((name) => ({ ...name, cnameType: 'EDGE_HOSTNAME' })) },
          }),
        ),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/activations`,
      handle: (_request, ids) =>
        withProperty(ids, (one) =>
          ok({ activations: { items: [...one.activations].reverse().map((item) => activationItem(one, item)) } }),
        ),
    },
    {
      method: 'POST',
      path: `${base}/properties/{propertyId}/activations`,
      handle: (request, ids) => withProperty(ids, (one) => activate(state, one, request)),
    },
    {
      method: 'GET',
      path: `${base}/properties/{propertyId}/activations/{activationId}`,
      handle: (_request, ids) =>
        withProperty(ids, (one) => {
          const activation = one.activations.find((candidate) => candidate.activationId === ids[1]);
          if (activation === undefined) return problem(404, 'No such activation');
          poll(one, activation);
          return ok({ activations: { items: [activationItem(one, activation)] } });
        }),
    },
    {
      method: 'DELETE',
      path: `${base}/properties/{propertyId}/activations/{activationId}`,
      handle: (_request, ids) =>
        withProperty(ids, (one) => {
          const activation = one.activations.find((candidate) => candidate.activationId === ids[1]);
          if (activation === undefined) return problem(404, 'No such activation');
          if (activation.status !== 'PENDING') return problem(422, 'The activation can no longer be cancelled');
          activation.status = 'ABORTED';
          return ok({ activations: { items: [activationItem(one, activation)] } });
        }),
    },
  ];
}

function propertyItem(one: SimulatedProperty) {
  return {
    accountId: 'act_1',
    assetId: `aid_${one.id.slice(4)}`,
    contractId: one.contractId,
    groupId: one.groupId,
    propertyId: one.id,
    propertyName: one.name,
    latestVersion: one.versions.length,
    stagingVersion: one.active.STAGING ?? null,
    productionVersion: one.active.PRODUCTION ?? null,
    note: '',
    productId: 'prd_Fresca',
    ruleFormat: 'v2024-10-21',
  };
}

function versionStatus(one: SimulatedProperty, version: number, network: Network): string {
  if (one.active[network] === version) return 'ACTIVE';
  const pending = one.activations.some(
    (item) => item.network === network && item.version === version && item.status === 'PENDING',
  );
  if (pending) return 'PENDING';
  const before = one.activations.some((item) => item.network === network && item.version === version);
  return before ? 'DEACTIVATED' : 'INACTIVE';
}

function versionItem(one: SimulatedProperty, version: SimulatedVersion) {
  return {
    propertyVersion: version.version,
    etag: etagOf([version.rules, version.hostnames]),
    note: version.note,
    productId: 'prd_Fresca',
    ruleFormat: 'v2024-10-21',
    stagingStatus: versionStatus(one, version.version, 'STAGING'),
    productionStatus: versionStatus(one, version.version, 'PRODUCTION'),
    updatedByUser: 'simulator',
    updatedDate: '2026-01-01T00:00:00Z',
  };
}

function hostnameItems(one: SimulatedProperty, network: Network) {
  const version = one.versions.find((candidate) => candidate.version === one.active[network]);
  const prefix = network === 'STAGING' ? 'staging' : 'production';
  return (version?.hostnames ?? []).map((name) => ({
    cnameFrom: name.cnameFrom,
    [`${prefix}CnameTo`]: name.cnameTo,
    propertyId: one.id,
    propertyName: one.name,
    contractId: one.contractId,
    groupId: one.groupId,
    propertyType: 'TRADITIONAL',
  }));
}

function rulesAnswer(one: SimulatedProperty, version: SimulatedVersion): SimulatedAnswer {
  const etag = etagOf(version.rules);
  return ok(
    {
      propertyId: one.id,
      propertyVersion: version.version,
      contractId: one.contractId,
      groupId: one.groupId,
      etag,
      ruleFormat: 'v2024-10-21',
      rules: version.rules,
      warnings: one.warnings.map(({ title, detail }) => ({ type: 'warning', title, detail })),
    },
    { etag: `"${etag}"` },
  );
}

function createVersion(one: SimulatedProperty, request: SimulatedRequest): SimulatedAnswer {
  const body = request.json() as { createFromVersion?: number; createFromVersionEtag?: string };
  const from = one.versions.find((candidate) => candidate.version === body.createFromVersion);
  if (from === undefined) return problem(400, 'createFromVersion does not exist');
  if (body.createFromVersionEtag !== undefined && body.createFromVersionEtag !== versionItem(one, from).etag) {
    return problem(412, 'createFromVersionEtag does not match');
  }
  const version = one.versions.length + 1;
  one.versions.push({ ...structuredClone(from), version, note: `from version ${from.version}` });
  return { status: 201, body: { versionLink: `/papi/v1/properties/${one.id}/versions/${version}` } };
}

function changeRules(one: SimulatedProperty, version: SimulatedVersion, request: SimulatedRequest): SimulatedAnswer {
  const match = request.headers['if-match']?.replaceAll('"', '');
  if (match === undefined) return problem(428, 'If-Match is required');
  if (match !== etagOf(version.rules)) return problem(412, 'The rule tree has changed');
  const touched = one.activations.some((item) => item.version === version.version && item.status !== 'ABORTED');
  if (touched || Object.values(one.active).includes(version.version)) {
    return problem(403, 'The version is active or was activated and cannot be changed');
  }
  try {
    const rules =
      request.method === 'PUT'
        ? (request.json() as { rules: Record<string, unknown> }).rules
        : (jsonPatch.applyPatch(
            { rules: structuredClone(version.rules) },
            request.json() as jsonPatch.Operation[],
            true,
          ).newDocument.rules as Record<string, unknown>);
    if (request.query.get('dryRun') !== 'true') version.rules = rules;
  } catch (error) {
    return problem(400, `The patch does not apply: ${(error as Error).message.split('\n')[0]}`);
  }
  return rulesAnswer(one, version);
}

function activationItem(one: SimulatedProperty, item: SimulatedActivation) {
  return {
    activationId: item.activationId,
    activationType: item.type,
    propertyId: one.id,
    propertyName: one.name,
    propertyVersion: item.version,
    network: item.network,
    status: item.status,
    note: item.note,
    notifyEmails: [],
    submitDate: '2026-01-01T00:00:00Z',
    updateDate: '2026-01-01T00:00:00Z',
    fallbackInfo: {
      canFastFallback: item.canFastFallback,
      fallbackVersion: item.fallbackVersion,
      fastFallbackAttempted: false,
      fastFallbackExpirationTime: 0,
      fastFallbackRecoveryState: null,
      steadyStateTime: 0,
    },
  };
}

interface ActivationBody {
  propertyVersion: number;
  network: Network;
  activationType?: 'ACTIVATE' | 'DEACTIVATE';
  note?: string;
  acknowledgeWarnings?: string[];
  acknowledgeAllWarnings?: boolean;
  useFastFallback?: boolean;
}

function activate(state: PapiState, one: SimulatedProperty, request: SimulatedRequest): SimulatedAnswer {
  const body = request.json() as ActivationBody;
  if (!one.versions.some((version) => version.version === body.propertyVersion)) {
    return problem(400, 'propertyVersion does not exist');
  }
  if (one.activations.some((item) => item.network === body.network && item.status === 'PENDING')) {
    return problem(409, 'Another activation is pending on this network');
  }
  const missing = one.warnings.filter((warning) => !body.acknowledgeWarnings?.includes(warning.messageId));
  if (missing.length > 0 && body.acknowledgeAllWarnings !== true && body.useFastFallback !== true) {
    return problem(400, 'Activation warnings must be acknowledged', { warnings: missing });
  }
  const activation: SimulatedActivation = {
    activationId: `atv_${state.nextActivation++}`,
    version: body.propertyVersion,
    network: body.network,
    type: body.activationType ?? 'ACTIVATE',
    status: 'PENDING',
    note: body.note ?? '',
    pollsLeft: state.activationPolls,
    canFastFallback: one.active[body.network] !== undefined,
    fallbackVersion: one.active[body.network] ?? 0,
  };
  one.activations.push(activation);
  if (state.activationPolls === 0) finish(one, activation);
  return {
    status: 201,
    body: { activationLink: `/papi/v1/properties/${one.id}/activations/${activation.activationId}` },
  };
}

function poll(one: SimulatedProperty, activation: SimulatedActivation): void {
  if (activation.status !== 'PENDING') return;
  activation.pollsLeft--;
  if (activation.pollsLeft <= 0) finish(one, activation);
}

function finish(one: SimulatedProperty, activation: SimulatedActivation): void {
  for (const item of one.activations) {
    if (item.network === activation.network && item.status === 'ACTIVE') item.status = 'DEACTIVATED';
  }
  activation.status = activation.type === 'ACTIVATE' ? 'ACTIVE' : 'DEACTIVATED';
  if (activation.type === 'ACTIVATE') one.active[activation.network] = activation.version;
  else delete one.active[activation.network];
}
