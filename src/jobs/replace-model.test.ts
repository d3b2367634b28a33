import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { servicesOf, temporaryHome, temporaryServices } from '../../testing/temporary-home.ts';
import { placeArtifacts } from '../registry/place-artifacts.ts';
import { placeModel, stagingPath } from '../registry/place-model.ts';
import { placeDeployment, removeDeployment, removeModel } from '../registry/remove-model.ts';
import { type Replacing, refuseTakenModel } from '../registry/taken-name.ts';

type Services = ReturnType<typeof temporaryServices>;

const plain: Replacing = { replace: false, force: false, job: undefined };
const replace: Replacing = { ...plain, replace: true };

/** A model whose one file says which it is. */
function make({ registry, home }: Services, name: string, content: string, options = plain) {
  const directory = join(home.models, name);
  const staged = stagingPath(directory);
  mkdirSync(staged);
  writeFileSync(join(staged, 'weights'), content);
  const model = { name, directory, family: 'llama', parameters: 1, parent: null, run: null };
  try {
    return placeModel(registry, { model, staged }, options);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

function quantize(services: Services, name: string, content: string, options = plain, file = `${name}-q4_0.gguf`) {
  const model = services.registry.model(name);
  const target = join(model.directory, file);
  const staged = stagingPath(target);
  writeFileSync(staged, content);
  const artifact = { id: `${name}:q4_0`, model: name, format: 'q4_0', path: staged, bytes: 1, bitsPerWeight: 4 };
  return placeArtifacts(
    services.registry,
    model,
    { staged, target, artifacts: [{ ...artifact, settings: {} }] },
    options,
  );
}

const deploy = ({ registry }: Services, name: string, artifact: string, options = { replace: false }) =>
  placeDeployment(registry, { name, artifact, target: 'local', settings: {} }, options);

/** What each row names, by what its file says; every model's folder of the disk is named by a row. */
function contents({ registry, home }: Services) {
  const folders = registry.models().map(({ directory }) => directory);
  expect(
    readdirSync(home.models)
      .map((name) => join(home.models, name))
      .sort(),
  ).toEqual(folders.sort());
  return Object.fromEntries([
    ...registry.models().map(({ name, directory }) => [name, readFileSync(join(directory, 'weights'), 'utf8')]),
    ...registry.artifacts().map(({ id, path }) => [id, readFileSync(path, 'utf8')]),
  ]);
}

it('refuses a taken name, naming what depends on it and the flag', () => {
  const services = temporaryServices();
  make(services, 'notes', 'old');
  quantize(services, 'notes', 'old q4');
  deploy(services, 'live', 'notes:q4_0');
  expect(() => make(services, 'notes', 'new')).toThrow(/notes:q4_0; deployed as live/);
  expect(() => make(services, 'Notes', 'new', replace)).toThrow('differs in case alone');
  expect(() => quantize(services, 'notes', 'new q4')).toThrow(/"notes:q4_0" already, deployed as live/);
  expect(() => refuseTakenModel(services.registry, 'notes', undefined, plain)).toThrow(
    expect.objectContaining({ kind: 'conflict', remedy: expect.stringContaining('--replace') }),
  );
  expect(contents(temporaryServices())).toEqual({});
});

it('replaces a model and forgets what was made of the old', () => {
  const services = temporaryServices();
  make(services, 'notes', 'old');
  quantize(services, 'notes', 'old q4');
  services.registry.saveMeasurement({ kind: 'evaluation', subject: 'notes:q4_0', figures: {} });
  make(services, 'notes', 'new', replace);
  expect(contents(services)).toEqual({ notes: 'new' });
  expect(services.registry.measurements('notes:q4_0')).toEqual([]);
  expect(services.registry.measurements('notes:q4_0@1')).toHaveLength(1);
});

it('keeps what is deployed of a replaced model in service until it is undeployed', () => {
  const services = temporaryServices();
  make(services, 'notes', 'old');
  quantize(services, 'notes', 'old q4');
  deploy(services, 'live', 'notes:q4_0');
  make(services, 'notes', 'new', replace);
  expect(services.registry.deployment('live').artifact).toBe('notes@1:q4_0');
  expect(contents(services)).toEqual({ notes: 'new', 'notes@1': 'old', 'notes@1:q4_0': 'old q4' });
  quantize(services, 'notes', 'new q4');
  expect(() => deploy(services, 'live', 'notes:q4_0')).toThrow('serves the artifact notes@1:q4_0 already');
  deploy(services, 'live', 'notes:q4_0', replace);
  expect(contents(services)).toEqual({ notes: 'new', 'notes:q4_0': 'new q4' });
});

it('gives up a deployed artifact with force', () => {
  const services = temporaryServices();
  make(services, 'notes', 'old');
  quantize(services, 'notes', 'old q4');
  deploy(services, 'live', 'notes:q4_0');
  make(services, 'notes', 'new', { ...replace, force: true });
  expect(services.registry.deployments()).toEqual([]);
  expect(contents(services)).toEqual({ notes: 'new' });
});

it('replaces an artifact, and keeps a deployed one until it is undeployed', () => {
  const services = temporaryServices();
  make(services, 'notes', 'weights');
  const [first] = quantize(services, 'notes', 'first');
  const [second] = quantize(services, 'notes', 'second', replace);
  expect(second!.path).toBe(first!.path);
  deploy(services, 'live', 'notes:q4_0');
  quantize(services, 'notes', 'third', replace);
  expect(contents(services)).toEqual({ notes: 'weights', 'notes:q4_0': 'third', 'notes:q4_0@1': 'second' });
  expect(removeDeployment(services.registry, 'live')).toMatchObject({ artifact: 'notes:q4_0@1' });
  expect(contents(services)).toEqual({ notes: 'weights', 'notes:q4_0': 'third' });
  expect(readdirSync(services.registry.model('notes').directory)).toEqual(['notes-q4_0.gguf', 'weights']);
  // From another file than before: the old one goes all the same.
  quantize(services, 'notes', 'fourth', replace, 'other.gguf');
  expect(readdirSync(services.registry.model('notes').directory)).toEqual(['other.gguf', 'weights']);
});

it('refuses what was made of a model that has been replaced meanwhile', async () => {
  const services = temporaryServices();
  make(services, 'notes', 'old');
  const model = services.registry.model('notes');
  await new Promise((resolve) => setTimeout(resolve, 5));
  make(services, 'notes', 'new', replace);
  const made = { staged: join(model.directory, 'x'), target: join(model.directory, 'y'), artifacts: [] };
  expect(() => placeArtifacts(services.registry, model, made, plain)).toThrow('was replaced while');
});

it('lets the job that wrote a name write it again, as it does when it is resumed', () => {
  const services = temporaryServices();
  make(services, 'notes', 'first', { ...plain, job: 'job-1' });
  make(services, 'notes', 'again', { ...plain, job: 'job-1' });
  expect(() => make(services, 'notes', 'other', { ...plain, job: 'job-2' })).toThrow('already');
  expect(contents(services)).toEqual({ notes: 'again' });
});

it('touches nothing that the registry does not know, unless it is told to replace it', () => {
  const services = temporaryServices();
  mkdirSync(join(services.home.models, 'notes'));
  writeFileSync(join(services.home.models, 'notes', 'weights'), 'by hand');
  expect(() => make(services, 'notes', 'new')).toThrow('the registry does not know');
  expect(readFileSync(join(services.home.models, 'notes', 'weights'), 'utf8')).toBe('by hand');
  make(services, 'notes', 'new', replace);
  expect(readFileSync(join(services.home.models, 'notes', 'weights'), 'utf8')).toBe('new');
  for (const name of ['..', '.']) {
    expect(() => make(services, name, 'new', replace)).toThrow('does not name a folder of models/');
  }
});

it('removes a deployed model only with force, and none that a job will write', () => {
  const services = temporaryServices();
  const { registry, jobs } = services;
  make(services, 'notes', 'old');
  quantize(services, 'notes', 'old q4');
  deploy(services, 'live', 'notes:q4_0');
  expect(() => removeModel(registry, jobs, 'notes', { force: false })).toThrow('is deployed as live');
  const { id } = jobs.submit('quantize', {}, { writes: ['artifact:notes:q8_0'] });
  expect(() => removeModel(registry, jobs, 'notes', { force: true })).toThrow(id);
  jobs.requestCancel(id);
  expect(removeModel(registry, jobs, 'notes', { force: true })).toMatchObject({ deleted: true });
  expect(registry.deployments()).toEqual([]);
  expect(contents(services)).toEqual({});
});

it('can be copied and moved: what is removed in the copy stays in the original', () => {
  const original = temporaryServices();
  make(original, 'notes', 'old');
  quantize(original, 'notes', 'q4');
  original.database.pragma('wal_checkpoint(TRUNCATE)');
  const copy = join(temporaryHome(), 'copy');
  cpSync(original.home.root, copy, { recursive: true });
  const copied = servicesOf(copy);
  expect(copied.registry.model('notes').directory).toBe(join(copy, 'models', 'notes'));
  expect(contents(copied)).toEqual({ notes: 'old', 'notes:q4_0': 'q4' });
  removeModel(copied.registry, copied.jobs, 'notes', { force: false });
  expect(readdirSync(copied.home.models)).toEqual([]);
  expect(contents(original)).toEqual({ notes: 'old', 'notes:q4_0': 'q4' });
});

it('deletes nothing outside the home, by whatever link it is reached', () => {
  const outside = temporaryHome();
  mkdirSync(join(outside, 'theirs'));
  writeFileSync(join(outside, 'theirs', 'weights'), 'canary');
  const services = temporaryServices();
  const { registry, jobs, home } = services;
  const record = { family: 'llama', parameters: 1, parent: null, run: null };
  symlinkSync(join(outside, 'theirs'), join(home.models, 'linked'));
  symlinkSync(outside, join(home.models, 'through'));
  registry.saveModel({ ...record, name: 'far', directory: join(outside, 'theirs') });
  registry.saveModel({ ...record, name: 'linked', directory: join(home.models, 'linked') });
  registry.saveModel({ ...record, name: 'through', directory: join(home.models, 'through', 'theirs') });
  registry.saveModel({ ...record, name: 'up', directory: join(home.models, '..', '..') });
  const deleted = (name: string) => removeModel(registry, jobs, name, { force: true }).deleted;
  expect([deleted('far'), deleted('linked'), deleted('through'), deleted('up')]).toEqual([false, true, false, false]);
  expect(existsSync(join(home.models, 'linked'))).toBe(false);
  expect(readFileSync(join(outside, 'theirs', 'weights'), 'utf8')).toBe('canary');
});

it('keeps the time of a row that is saved again', async () => {
  const services = temporaryServices();
  const { directory, createdAt } = make(services, 'notes', 'old');
  await new Promise((resolve) => setTimeout(resolve, 5));
  services.registry.saveModel({ name: 'notes', directory, family: 'llama', parameters: 2, parent: null, run: null });
  expect(services.registry.model('notes')).toMatchObject({ createdAt, parameters: 2 });
});
