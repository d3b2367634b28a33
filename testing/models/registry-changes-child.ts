import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeArtifacts } from '../../src/registry/place-artifacts.ts';
import { placeModel, stagingPath } from '../../src/registry/place-model.ts';
import { placeDeployment, removeModel } from '../../src/registry/remove-model.ts';
import { openServices } from '../../src/services/open-services.ts';

/**
 * Changes the registry of a home without end, to be killed: `replace` puts new versions of a deployed model in place,
 * `remove` makes and removes one, `migrate` opens the home. Every file of a version says its number.
 */
const [mode, home] = process.argv.slice(2) as ['replace' | 'remove' | 'migrate', string];
if (mode === 'migrate') process.stdout.write('ready\n');
const services = openServices({ FTS_HOME: home }, {});
const { registry, jobs } = services;
const replacing = { replace: true, force: false, job: undefined };

function make(version: string): void {
  const directory = join(services.home.models, 'notes');
  const staged = stagingPath(directory);
  mkdirSync(staged);
  for (const file of ['weights', 'config']) writeFileSync(join(staged, file), version);
  const record = { name: 'notes', directory, family: 'llama', parameters: 1, parent: version, run: null };
  const model = placeModel(registry, { model: record, staged }, replacing);
  const target = join(directory, 'notes-q4_0.gguf');
  const file = stagingPath(target);
  writeFileSync(file, version);
  const artifact = { id: 'notes:q4_0', model: 'notes', format: 'q4_0', path: file, bytes: 1, bitsPerWeight: 4 };
  const made = { staged: file, target, artifacts: [{ ...artifact, settings: { version } }] };
  placeArtifacts(registry, model, made, replacing);
}

if (mode !== 'migrate') {
  process.stdout.write('ready\n');
  for (let version = 0; ; version++) {
    make(`${process.pid}.${version}`);
    if (mode === 'remove') removeModel(registry, jobs, 'notes', { force: true });
    else if (version % 2 === 0) {
      const deployment = { name: 'live', artifact: 'notes:q4_0', target: 'local', settings: {} };
      placeDeployment(registry, deployment, { replace: true });
    }
  }
}
services.database.close();
