import { FtsError } from '../../errors/fts-error.ts';
import type { ChangeRequest, Reader } from '../changes/change-kind.ts';
import type { Network } from '../network.ts';
import { isPending } from './activation-change.ts';
import { type PropertyReference, readActivations, readProperty, readRules, readVersions } from './property-reads.ts';
import { patched } from './rules-change.ts';

/** What every request below carries on. */
interface As {
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
}

const address = ({ propertyId, contractId, groupId }: PropertyReference) => ({
  path: { propertyId },
  query: { contractId, groupId },
});

/** A copy of a version, bound to that version's ETag. */
export async function newVersion(
  reader: Reader,
  property: PropertyReference,
  from: number,
  as: As,
): Promise<ChangeRequest> {
  const source = (await readVersions(reader, property)).find((version) => version.propertyVersion === from);
  if (source === undefined) {
    throw new FtsError('not-found', `There is no version ${from}.`, { field: 'version', value: from });
  }
  return {
    api: 'papi-v1',
    operationId: 'post-property-versions',
    ...address(property),
    ...as,
    body: { createFromVersion: from, createFromVersionEtag: source.etag },
  };
}

/** An edit by JSON Patch, tried on the present rules first and bound to their ETag. */
export async function editRules(
  reader: Reader,
  property: PropertyReference,
  version: number,
  patch: readonly unknown[],
  as: As,
): Promise<ChangeRequest> {
  const current = (await readVersions(reader, property)).find((item) => item.propertyVersion === version);
  const statuses = [current?.stagingStatus, current?.productionStatus];
  if (statuses.some((status) => status !== 'INACTIVE')) {
    throw new FtsError(
      'conflict',
      `Version ${version} is or was active (${statuses.join(' / ')}), so it cannot be edited.`,
      {
        field: 'version',
        value: version,
        remedy: 'Plan a new version from it first, then edit that one.',
      },
    );
  }
  const tree = await readRules(reader, property, version);
  patched({ rules: tree.rules }, patch);
  return {
    api: 'papi-v1',
    operationId: 'patch-property-version-rules',
    path: { propertyId: property.propertyId, propertyVersion: version },
    query: { contractId: property.contractId, groupId: property.groupId, validateRules: true, validateMode: 'full' },
    headers: { 'If-Match': `"${tree.etag}"`, 'content-type': 'application/json-patch+json' },
    ...as,
    body: patch,
  };
}

export interface ActivationWish {
  version: number;
  network: Network;
  note: string;
  notifyEmails: string[];
  /** Message ids, one by one. */
  acknowledgeWarnings: string[];
  activationType?: 'ACTIVATE' | 'DEACTIVATE';
}

export function activation(property: PropertyReference, wish: ActivationWish, as: As): ChangeRequest {
  const { version, acknowledgeWarnings, activationType = 'ACTIVATE', ...rest } = wish;
  return {
    api: 'papi-v1',
    operationId: 'post-property-activations',
    ...address(property),
    ...as,
    body: {
      ...rest,
      propertyVersion: version,
      activationType,
      ...(acknowledgeWarnings.length === 0 ? {} : { acknowledgeWarnings }),
    },
  };
}

/** The fastest way back to the version that was active before: cancel, fast fallback, or activate it again. */
export async function fallBack(
  reader: Reader,
  property: PropertyReference,
  network: Network,
  wish: { note: string; notifyEmails: string[] },
  as: As,
): Promise<ChangeRequest> {
  const here = (await readActivations(reader, property)).filter((item) => item.network === network);
  const latest = here[0];
  if (latest === undefined) {
    throw new FtsError('conflict', `Nothing was ever activated on ${network}.`, { field: 'network', value: network });
  }
  if (isPending(latest)) {
    return {
      api: 'papi-v1',
      operationId: 'delete-property-activation',
      ...address(property),
      ...as,
      path: { propertyId: property.propertyId, activationId: latest.activationId },
    };
  }
  const { stagingVersion, productionVersion } = await readProperty(reader, property);
  const current = network === 'STAGING' ? stagingVersion : productionVersion;
  const quick =
    latest.fallbackInfo?.canFastFallback === true ? (latest.fallbackInfo.fallbackVersion ?? undefined) : undefined;
  const previous =
    quick ??
    here.find((item) => item.propertyVersion !== current && item.activationType !== 'DEACTIVATE')?.propertyVersion;
  if (previous === undefined) {
    throw new FtsError('conflict', `No other version was active on ${network} before.`, {
      field: 'network',
      value: network,
      remedy: 'Activate a version by its number, or deactivate.',
    });
  }
  const request = activation(property, { ...wish, version: previous, network, acknowledgeWarnings: [] }, as);
  if (quick === undefined) return request;
  return { ...request, body: { ...(request.body as object), useFastFallback: true } };
}
