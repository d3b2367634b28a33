import { join, relative, sep } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import { immediately } from '../store/database.ts';
import { freeName } from '../store/pending-files.ts';
import { clearPlace, isWithin, renameSubject } from './place-model.ts';
import type { NewArtifact, Registry } from './registry.ts';
import type { Artifact, Model } from './registry-records.ts';
import { type Replacing, refuseTakenArtifact, undeploy } from './taken-name.ts';

export interface NewArtifactFiles {
  /** The file or folder under its staging name, and where it goes. */
  staged: string;
  target: string;
  /** What is in it, with its paths there. */
  artifacts: readonly NewArtifact[];
}

/**
 * Registers what was made of a model and moves it into place, in the way of `placeModel`. An artifact that has the id and
 * is deployed stays in service under `ID@1`. Errors: `conflict` for a taken id without `replace`, and where the model
 * that it was made of has been replaced or removed meanwhile.
 */
export function placeArtifacts(
  registry: Registry,
  model: Model,
  { staged, target, artifacts }: NewArtifactFiles,
  replacing: Replacing,
): Artifact[] {
  immediately(registry.database, () => {
    refuseOtherModel(registry, model);
    for (const { id } of artifacts) {
      refuseTakenArtifact(registry, id, replacing);
      retireArtifact(registry, id, replacing.force, target);
    }
    clearPlace(registry, target);
    registry.files.place(staged, target);
    for (const artifact of artifacts) {
      registry.saveArtifact({ ...artifact, path: artifact.path.replace(staged, target), job: replacing.job });
    }
  });
  return artifacts.map(({ id }) => registry.artifact(id));
}

function refuseOtherModel(registry: Registry, model: Model): void {
  const now = registry.models().find(({ name }) => name === model.name);
  if (now?.createdAt === model.createdAt && now.directory === model.directory) return;
  const what = now === undefined ? 'removed' : 'replaced';
  throw new FtsError('conflict', `The model "${model.name}" was ${what} while this was made of it: it is not kept.`, {
    field: 'model',
    value: model.name,
    remedy: 'Run the same command again for the model that is there now.',
  });
}

function retireArtifact(registry: Registry, id: string, force: boolean, target: string): void {
  const existing = registry.artifacts().find((one) => one.id === id);
  if (existing === undefined) return;
  const { deployed } = undeploy(registry, [existing], force);
  const ids = new Set(registry.artifacts().map((one) => one.id));
  const kept = freeName(id, (candidate) => !ids.has(candidate));
  renameSubject(registry, id, kept);
  if (deployed.length > 0) {
    registry.database.prepare('UPDATE artifacts SET id = ?, retired = 1 WHERE id = ?').run(kept, id);
    return;
  }
  registry.database.prepare('DELETE FROM artifacts WHERE id = ?').run(id);
  if (!isWithin(existing.path, target)) deleteUnnamed(registry, existing);
}

/**
 * Notes the deletion of an artifact's file, with the folder of its model that it came in, where no other row names
 * something in there.
 */
export function deleteUnnamed(registry: Registry, { model, path }: Artifact): void {
  const { directory } = registry.model(model);
  if (!isWithin(path, directory) || path === directory) return;
  const unit = join(directory, relative(directory, path).split(sep)[0]!);
  if (!registry.artifacts().some((other) => isWithin(other.path, unit))) registry.files.delete(unit);
}
