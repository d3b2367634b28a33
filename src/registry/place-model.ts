import { basename, dirname, join } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import { besideName } from '../store/atomic-file.ts';
import { immediately } from '../store/database.ts';
import { liesInside, toStoredPath } from '../store/home-paths.ts';
import { freeName } from '../store/pending-files.ts';
import type { NewArtifact, NewModel, Registry } from './registry.ts';
import type { Model } from './registry-records.ts';
import { findModel, type Replacing, refuseTakenModel, undeploy } from './taken-name.ts';

/** Where a new model or artifact is built before it takes its place: a name beside it that nobody else uses. */
export function stagingPath(path: string): string {
  return besideName(path, 'tmp');
}

export interface NewModelFiles {
  /** `directory` is where it goes. */
  model: NewModel;
  /** The whole folder under a staging name; left out where it is at its place already. */
  staged?: string;
  /** Artifacts in that folder, with their paths in it or in `model.directory`. */
  artifacts?: readonly NewArtifact[];
}

/**
 * Registers a built model and moves it into place. What has the name gives way in the same transaction: its artifacts'
 * rows go, except those that are deployed, which stay in service under `NAME@1`. A crash leaves the old or the new.
 * Errors: `conflict` for a taken name without `replace`.
 */
export function placeModel(registry: Registry, files: NewModelFiles, replacing: Replacing): Model {
  const { model, staged, artifacts = [] } = files;
  if (model.directory !== join(registry.root, 'models', model.name) || basename(model.directory) !== model.name) {
    throw new FtsError('invalid-input', `"${model.name}" does not name a folder of models/.`, {
      field: 'name',
      value: model.name,
      remedy: 'Choose a name of letters, digits, dots, dashes and underscores that begins with a letter or digit.',
    });
  }
  immediately(registry.database, () => {
    refuseTakenModel(registry, model.name, staged === undefined ? undefined : model.directory, replacing);
    if (staged !== undefined) {
      retireModel(registry, model.name, replacing.force);
      clearPlace(registry, model.directory);
      registry.files.place(staged, model.directory);
    }
    registry.saveModel({ ...model, job: replacing.job });
    for (const artifact of artifacts) {
      const path = staged === undefined ? artifact.path : artifact.path.replace(staged, model.directory);
      registry.saveArtifact({ ...artifact, path, job: replacing.job });
    }
  });
  return registry.model(model.name);
}

/** Takes a model's rows out of the way, and notes what becomes of its files. */
function retireModel(registry: Registry, name: string, force: boolean): void {
  const model = findModel(registry, name);
  if (model === undefined) return;
  const { database, files, root } = registry;
  const { deployed, free } = undeploy(registry, registry.artifacts(name), force);
  const names = new Set(registry.models().map((one) => one.name));
  const kept = freeName(
    name,
    (candidate) => !names.has(candidate) && files.isFree(join(dirname(model.directory), candidate)),
  );
  const ending = kept.slice(name.length);
  // Figures that were measured on the old are not the new one's.
  for (const subject of [name, ...free.map(({ id }) => id)]) renameSubject(registry, subject, `${subject}${ending}`);
  for (const { id } of free) database.prepare('DELETE FROM artifacts WHERE id = ?').run(id);
  if (deployed.length === 0) {
    database.prepare('DELETE FROM models WHERE name = ?').run(name);
    files.delete(model.directory);
    return;
  }
  database.prepare('UPDATE models SET name = ?, retired = 1 WHERE name = ?').run(kept, name);
  for (const { id, format } of deployed) {
    renameSubject(registry, id, `${kept}:${format}`);
    database.prepare('UPDATE artifacts SET id = ?, retired = 1 WHERE id = ?').run(`${kept}:${format}`, id);
  }
  if (liesInside(root, model.directory)) moveAside(registry, model.directory, kept);
}

export function renameSubject({ database }: Registry, from: string, to: string): void {
  database.prepare('UPDATE measurements SET subject = ? WHERE subject = ?').run(to, from);
}

/**
 * Notes what becomes of something that is where a new file or folder goes: where a row still names it, or something in
 * it, it moves aside and the row follows; else it goes.
 */
export function clearPlace(registry: Registry, path: string): void {
  if (registry.files.isFree(path)) return;
  const named = registry.artifacts().some((artifact) => isWithin(artifact.path, path));
  if (named) moveAside(registry, path, basename(freeName(path, (candidate) => registry.files.isFree(candidate))));
  else if (registry.models().every(({ directory }) => directory !== path)) registry.files.delete(path);
}

/** Notes the move of a file or folder to another name in its folder, and moves the paths of all rows with it. */
function moveAside(registry: Registry, path: string, name: string): void {
  const { database, files, root } = registry;
  const target = join(dirname(path), name);
  for (const artifact of registry.artifacts().filter((one) => isWithin(one.path, path))) {
    database
      .prepare('UPDATE artifacts SET path = ? WHERE id = ?')
      .run(toStoredPath(root, target + artifact.path.slice(path.length)), artifact.id);
  }
  database
    .prepare('UPDATE models SET directory = ? WHERE directory = ?')
    .run(toStoredPath(root, target), toStoredPath(root, path));
  files.aside(path, target);
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(join(folder, '/'));
}
