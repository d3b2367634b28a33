import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { Reader } from '../changes/change-kind.ts';
import { type Difference, differences } from '../changes/difference.ts';
import {
  type Activation,
  activationsSchema,
  type PropertyItem,
  papiHeaders,
  propertiesSchema,
  type RuleTree,
  ruleTreeSchema,
  versionHostnamesSchema,
  versionsSchema,
} from './papi-shapes.ts';

/** A version by number or by what it is: the newest, or the one that is active on a network. */
export type VersionName = number | 'latest' | 'staging' | 'production';

/** What identifies a property to PAPI. */
export interface PropertyReference {
  propertyId: string;
  contractId: string;
  groupId: string;
}

/** Present versions; always read fresh, because an index may be minutes old. */
export async function readProperty(reader: Reader, property: PropertyReference): Promise<PropertyItem> {
  const body = await papiGet(reader, property, '');
  const item = parseWith(propertiesSchema, body, 'the property').properties.items[0];
  if (item === undefined) throw new FtsError('not-found', `Akamai lists no property ${property.propertyId}.`);
  return item;
}

export function versionNumber(property: PropertyItem, version: VersionName): number {
  if (typeof version === 'number') return version;
  const number =
    version === 'latest'
      ? property.latestVersion
      : version === 'staging'
        ? property.stagingVersion
        : property.productionVersion;
  if (number !== null && number !== undefined) return number;
  throw new FtsError('not-found', `No version of ${property.propertyName} is active on ${version}.`, {
    field: 'version',
    value: version,
    remedy: 'Name a version by its number, or "latest".',
  });
}

export async function readRules(
  reader: Reader,
  property: PropertyReference,
  version: number,
  validate = false,
): Promise<RuleTree> {
  const more: Record<string, string> = validate ? { validateRules: 'true', validateMode: 'full' } : {};
  return parseWith(
    ruleTreeSchema,
    await papiGet(reader, property, `/versions/${version}/rules`, more),
    'the rule tree',
  );
}

export async function readVersions(reader: Reader, property: PropertyReference) {
  const body = await papiGet(reader, property, '/versions');
  return parseWith(versionsSchema, body, 'the versions').versions.items;
}

export async function readHostnames(reader: Reader, property: PropertyReference, version: number): Promise<string[]> {
  const body = await papiGet(reader, property, `/versions/${version}/hostnames`);
  return parseWith(versionHostnamesSchema, body, 'the hostnames').hostnames.items.map((item) => item.cnameFrom);
}

/** Newest first. */
export async function readActivations(reader: Reader, property: PropertyReference): Promise<Activation[]> {
  return parseWith(activationsSchema, await papiGet(reader, property, '/activations'), 'the activations').activations
    .items;
}

export async function readActivation(
  reader: Reader,
  property: PropertyReference,
  activationId: string,
): Promise<Activation> {
  const path = `/activations/${encodeURIComponent(activationId)}`;
  const item = parseWith(activationsSchema, await papiGet(reader, property, path), 'the activation').activations
    .items[0];
  if (item === undefined)
    throw new FtsError('not-found', `No activation ${activationId}.`, { field: 'activationId', value: activationId });
  return item;
}

/** Rules and hostnames of two versions, which may belong to two properties. */
export async function compareVersions(
  reader: Reader,
  left: PropertyReference & { version: number },
  right: PropertyReference & { version: number },
): Promise<{ rules: Difference[]; hostnames: Difference[] }> {
  const [leftRules, rightRules, leftNames, rightNames] = await Promise.all([
    readRules(reader, left, left.version),
    readRules(reader, right, right.version),
    readHostnames(reader, left, left.version),
    readHostnames(reader, right, right.version),
  ]);
  return {
    rules: differences({ rules: leftRules.rules }, { rules: rightRules.rules }),
    hostnames: differences([...leftNames].sort(), [...rightNames].sort()),
  };
}

async function papiGet(
  reader: Reader,
  { propertyId, contractId, groupId }: PropertyReference,
  path: string,
  query: Record<string, string> = {},
): Promise<unknown> {
  const url = `/papi/v1/properties/${encodeURIComponent(propertyId)}${path}`;
  return (await reader.get(url, { query: { contractId, groupId, ...query }, headers: papiHeaders })).body;
}
