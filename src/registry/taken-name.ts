import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Registry } from './registry.ts';
import type { Artifact, Model } from './registry-records.ts';

/** What may happen to what has the name already. */
export interface Replacing {
  /** It gives way; what is deployed of it is kept until it is undeployed. */
  replace: boolean;
  /** What is deployed of it is undeployed and gives way too. */
  force: boolean;
  /** The job that writes: what it has written itself, before it was interrupted, it may write again. */
  job: string | undefined;
}

const jobRow = z.object({ job: z.string().nullable() });

/** The model of this name, or of one that differs in case alone: on some systems both are one folder. */
export function findModel(registry: Registry, name: string): Model | undefined {
  const models = registry.models();
  return models.find((model) => model.name === name) ?? models.find((model) => sameName(model.name, name));
}

/**
 * Throws `conflict` where a model has the name, naming what depends on it and the flag that replaces it, or where
 * something unknown is at the `directory` that it would take.
 */
export function refuseTakenModel(
  registry: Registry,
  name: string,
  directory: string | undefined,
  replacing: Replacing,
): void {
  const model = findModel(registry, name);
  if (model === undefined) {
    if (directory !== undefined) refuseUnknownFolder(registry, directory, replacing);
    return;
  }
  if (model.name !== name)
    throw taken(`There is a model "${model.name}", which differs in case alone.`, 'name', name, '');
  if (replacing.replace || wroteIt(registry, 'models', 'name', name, replacing.job)) return;
  const artifacts = registry.artifacts(name);
  const deployments = registry.deploymentsOf(artifacts);
  const parts = [
    ...(artifacts.length === 0 ? [] : [`artifacts ${artifacts.map(({ id }) => id).join(', ')}`]),
    ...(deployments.length === 0 ? [] : [`deployed as ${deployments.map((one) => one.name).join(', ')}`]),
  ];
  const depends = parts.length === 0 ? 'nothing depends on it' : `what depends on it: ${parts.join('; ')}`;
  throw taken(`There is a model "${name}" already; ${depends}.`, 'name', name, replaceAdvice(deployments));
}

/** The same for an artifact. */
export function refuseTakenArtifact(registry: Registry, id: string, replacing: Replacing): void {
  const artifact = registry.artifacts().find((one) => one.id === id);
  if (artifact === undefined || replacing.replace || wroteIt(registry, 'artifacts', 'id', id, replacing.job)) return;
  const deployments = registry.deploymentsOf([artifact]);
  const depends = deployments.length === 0 ? '' : `, deployed as ${deployments.map(({ name }) => name).join(', ')}`;
  throw taken(`There is an artifact "${id}" already${depends}.`, 'formats', id, replaceAdvice(deployments));
}

function replaceAdvice(deployments: readonly { name: string }[]): string {
  const kept =
    deployments.length === 0
      ? ''
      : ` What is deployed then stays in service until \`fts deployments remove ${deployments[0]!.name}\`, or is undeployed at once with --force.`;
  return `, or replace it with --replace.${kept}`;
}

function taken(message: string, field: string, value: string, advice: string): FtsError {
  const first = field === 'name' ? 'Choose another name with --name' : 'Choose other formats';
  return new FtsError('conflict', message, { field, value, remedy: advice === '' ? `${first}.` : `${first}${advice}` });
}

function refuseUnknownFolder({ files }: Registry, directory: string, { replace }: Replacing): void {
  if (replace || files.isFree(directory)) return;
  throw new FtsError('conflict', `There is something at ${directory} that the registry does not know.`, {
    field: 'name',
    value: directory,
    remedy: `Register it with \`fts models import ${directory}\`, move it elsewhere, choose another name, or delete it with --replace.`,
  });
}

function wroteIt(
  { database }: Registry,
  table: 'models' | 'artifacts',
  key: 'name' | 'id',
  value: string,
  job: string | undefined,
): boolean {
  const row = database.prepare(`SELECT job FROM ${table} WHERE ${key} = ?`).get(value);
  return job !== undefined && row !== undefined && jobRow.parse(row).job === job;
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Splits artifacts into those that are served and those that are not; with `force` none is served any more. */
export function undeploy(
  registry: Registry,
  artifacts: readonly Artifact[],
  force: boolean,
): { deployed: Artifact[]; free: Artifact[] } {
  if (force) {
    for (const { id } of artifacts) registry.database.prepare('DELETE FROM deployments WHERE artifact = ?').run(id);
  }
  const served = new Set(registry.deploymentsOf(artifacts).map(({ artifact }) => artifact));
  return {
    deployed: artifacts.filter(({ id }) => served.has(id)),
    free: artifacts.filter(({ id }) => !served.has(id)),
  };
}
