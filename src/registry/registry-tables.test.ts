import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { addToOldHome } from '../../testing/models/old-home.ts';
import { servicesOf, temporaryHome } from '../../testing/temporary-home.ts';
import { removeModel } from './remove-model.ts';

type Services = ReturnType<typeof servicesOf>;

function withHome<Result>(home: string, use: (services: Services) => Result): Result {
  return use(servicesOf(home));
}

const storedPaths = ({ database }: Services): string[] =>
  database
    .prepare('SELECT directory AS path FROM models UNION SELECT path FROM artifacts UNION SELECT directory FROM runs')
    .all()
    .map((row) => z.object({ path: z.string() }).parse(row).path)
    .sort();

const relative = ['models/notes', 'models/notes/notes-q4_0.gguf', 'runs/run-notes'];

function checkNotes({ registry, home }: Services): void {
  expect(registry.model('notes')).toMatchObject({
    directory: join(home.models, 'notes'),
    createdAt: '2026-01-02T03:04:05.000Z',
    run: 'run-notes',
    retired: false,
  });
  const { artifact } = registry.deployment('notes');
  expect(readFileSync(registry.artifact(artifact).path, 'utf8')).toBe('q4_0 of notes');
  expect(registry.run('run-notes').directory).toBe(join(home.runs, 'run-notes'));
}

it('makes the paths of an old home relative at the first start', () => {
  const home = temporaryHome();
  addToOldHome(home, 'notes', join(home, 'models', 'notes'));
  for (let start = 0; start < 2; start++) {
    withHome(home, (services) => {
      expect(storedPaths(services)).toEqual(relative);
      checkNotes(services);
    });
  }
});

it('finds everything in an old home that was moved', () => {
  const folder = temporaryHome();
  const old = join(folder, 'models', 'old'); // its path looks like a model's in a home above it
  addToOldHome(old, 'notes', join(old, 'models', 'notes'));
  renameSync(old, join(folder, 'new'));
  withHome(join(folder, 'new'), (services) => {
    expect(storedPaths(services)).toEqual(relative);
    checkNotes(services);
  });
});

it('takes its own files in a copy of an old home, and leaves the original alone', () => {
  const folder = temporaryHome();
  const original = join(folder, 'original');
  addToOldHome(original, 'notes', join(original, 'models', 'notes'));
  const copy = join(folder, 'copy');
  cpSync(original, copy, { recursive: true });
  withHome(copy, (services) => {
    checkNotes(services);
    removeModel(services.registry, services.jobs, 'notes', { force: true });
  });
  expect(existsSync(join(copy, 'models', 'notes'))).toBe(false);
  withHome(original, checkNotes);
});

it('uses what lies outside any home from where it is, and never deletes it', () => {
  const home = temporaryHome();
  const outside = join(temporaryHome(), 'theirs');
  addToOldHome(home, 'notes', outside);
  withHome(home, ({ registry, jobs }) => {
    expect(registry.model('notes').directory).toBe(outside);
    expect(removeModel(registry, jobs, 'notes', { force: true })).toMatchObject({ deleted: false, directory: outside });
    expect(registry.models()).toEqual([]);
  });
  expect(readFileSync(join(outside, 'weights'), 'utf8')).toBe('weights of notes');
});

it('keeps the row of a model whose files are gone, and deletes nothing for it', () => {
  const home = temporaryHome();
  const gone = join(temporaryHome(), 'models', 'notes');
  addToOldHome(home, 'notes', gone);
  rmSync(gone, { recursive: true });
  withHome(home, ({ registry }) => expect(registry.model('notes').directory).toBe(gone));
});

it('refuses a row that names nothing', () => {
  withHome(temporaryHome(), ({ registry }) => {
    const artifact = { id: 'a:q4_0', model: 'a', format: 'q4_0', path: '/x', bytes: 1, bitsPerWeight: 4, settings: {} };
    expect(() => registry.saveArtifact(artifact)).toThrow('FOREIGN KEY');
    const deployment = { name: 'a', artifact: 'a:q4_0', target: 'local', settings: {} };
    expect(() => registry.saveDeployment(deployment)).toThrow('FOREIGN KEY');
  });
});
