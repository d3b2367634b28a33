import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openServices } from '../src/services/open-services.ts';
import { addToOldHome } from '../testing/models/old-home.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

/** The moments are drawn anew in every run. */
const kills = 20;
const child = join(import.meta.dirname, '../testing/models/registry-changes-child.ts');

/** Starts changing the registry and kills it (`kill -9`) at some moment after it has begun. */
async function changeAndKill(mode: string, home: string, longestMilliseconds: number): Promise<void> {
  const process_ = spawn(process.execPath, ['--import', 'tsx', child, mode, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(process_, 'exit');
  await once(process_.stdout, 'data');
  await delay(Math.random() * longestMilliseconds);
  process_.kill('SIGKILL');
  await exited;
}

/** After the next start every row names something whole of its own version, and nothing else lies in models/. */
function checkAgreement(home: string): void {
  const services = openServices({ FTS_HOME: home }, {});
  const { registry } = services;
  try {
    const models = registry.models();
    const folders = models.map(({ directory }) => directory).sort();
    expect(
      readdirSync(services.home.models)
        .map((name) => join(services.home.models, name))
        .sort(),
    ).toEqual(folders);
    for (const { directory, parent } of models) {
      for (const file of ['weights', 'config']) expect(readFileSync(join(directory, file), 'utf8')).toBe(parent);
    }
    for (const { path, settings } of registry.artifacts()) expect(readFileSync(path, 'utf8')).toBe(settings.version);
    for (const { artifact } of registry.deployments()) expect(registry.artifact(artifact)).toBeDefined();
    expect(services.database.prepare('SELECT count(*) AS rows FROM pending_files').get()).toMatchObject({ rows: 0 });
    expect(services.database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  } finally {
    services.database.close();
  }
}

const timeout = 240_000;

it(`loses nothing in ${kills} kills while a deployed model is replaced`, { timeout }, async () => {
  const home = temporaryHome();
  for (let kill = 0; kill < kills; kill++) {
    await changeAndKill('replace', home, 250);
    checkAgreement(home);
  }
});

it(`loses nothing in ${kills} kills while a model is removed`, { timeout }, async () => {
  const home = temporaryHome();
  for (let kill = 0; kill < kills; kill++) {
    await changeAndKill('remove', home, 250);
    checkAgreement(home);
  }
});

it(`loses nothing in ${kills} kills while an old home is migrated`, { timeout }, async () => {
  for (let kill = 0; kill < kills; kill++) {
    const home = temporaryHome();
    for (const name of ['a', 'b', 'c']) addToOldHome(home, name, join(home, 'models', name));
    await changeAndKill('migrate', home, 150);
    const services = openServices({ FTS_HOME: home }, {});
    try {
      for (const name of ['a', 'b', 'c']) {
        const { artifact } = services.registry.deployment(name);
        expect(readFileSync(services.registry.artifact(artifact).path, 'utf8')).toBe(`q4_0 of ${name}`);
        expect(services.registry.model(name).directory).toBe(join(home, 'models', name));
      }
    } finally {
      services.database.close();
    }
  }
});
