import { FtsError } from '../errors/fts-error.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { immediately } from '../store/database.ts';
import { deleteUnnamed } from './place-artifacts.ts';
import type { Registry } from './registry.ts';
import type { Deployment } from './registry-records.ts';
import { undeploy } from './taken-name.ts';

/**
 * Removes a model with its artifacts, rows and files at once. Files outside the home are left where they are: `deleted`
 * is then false. Errors: `not-found`; `conflict` where something of it is deployed and `force` is not given, or where a
 * job is about to write it.
 */
export function removeModel(
  registry: Registry,
  jobs: JobStore,
  name: string,
  { force }: { force: boolean },
): { removed: string; directory: string; deleted: boolean } {
  const { database, files } = registry;
  const removed = immediately(database, () => {
    const { directory } = registry.model(name);
    jobs.refuseModelInUse(name);
    const artifacts = registry.artifacts(name);
    const deployments = registry.deploymentsOf(artifacts);
    if (!force && deployments.length > 0) {
      const names = deployments.map((deployment) => deployment.name);
      throw new FtsError('conflict', `The model "${name}" is deployed as ${names.join(', ')}.`, {
        field: 'name',
        value: name,
        remedy: `Undeploy it first (\`fts deployments remove ${names[0]}\`), or pass --force, which undeploys it.`,
      });
    }
    undeploy(registry, artifacts, true);
    database.prepare('DELETE FROM artifacts WHERE model = ?').run(name);
    database.prepare('DELETE FROM models WHERE name = ?').run(name);
    return { removed: name, directory, deleted: files.delete(directory) };
  });
  files.settle();
  return removed;
}

/** Takes a name out of service; what was kept for it alone goes with it. Errors: `not-found`. */
export function removeDeployment(registry: Registry, name: string): Deployment {
  const removed = immediately(registry.database, () => {
    const deployment = registry.deployment(name);
    registry.database.prepare('DELETE FROM deployments WHERE name = ?').run(name);
    dropRetired(registry);
    return deployment;
  });
  registry.files.settle();
  return removed;
}

/**
 * Puts an artifact into service under a name. Where that name serves another one, this is a `conflict` without
 * `replace`; with it, what was kept for the name alone goes.
 */
export function placeDeployment(
  registry: Registry,
  deployment: Omit<Deployment, 'createdAt'>,
  { replace }: { replace: boolean },
): Deployment {
  const { name, artifact } = deployment;
  const placed = immediately(registry.database, () => {
    const existing = registry.deployments().find((one) => one.name === name);
    if (existing !== undefined && existing.artifact !== artifact && !replace) {
      throw new FtsError('conflict', `The name "${name}" serves the artifact ${existing.artifact} already.`, {
        field: 'name',
        value: name,
        remedy: `Choose another with --name, serve ${artifact} instead with --replace, or undeploy it first (\`fts deployments remove ${name}\`).`,
      });
    }
    registry.saveDeployment(deployment);
    dropRetired(registry);
    return registry.deployment(name);
  });
  registry.files.settle();
  return placed;
}

/** Removes what was replaced and kept only while it was deployed, once it is not any more. */
function dropRetired(registry: Registry): void {
  const { database, files } = registry;
  const retired = registry.artifacts().filter((artifact) => artifact.retired);
  for (const artifact of undeploy(registry, retired, false).free) {
    database.prepare('DELETE FROM artifacts WHERE id = ?').run(artifact.id);
    deleteUnnamed(registry, artifact);
  }
  for (const { name, directory } of registry.models().filter((model) => model.retired)) {
    if (registry.artifacts(name).length > 0) continue;
    database.prepare('DELETE FROM models WHERE name = ?').run(name);
    files.delete(directory);
  }
}
