import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runFts } from '../../testing/fts-process.ts';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { openServices } from '../services/open-services.ts';
import { openHome } from '../store/home.ts';

/** Homes that nobody can use; each is told apart by what stands in the way. */
const impossible: [string, (folder: string) => string][] = [
  ['under a file system that takes no folders', () => '/proc/nope'],
  ['deep under one', () => '/proc/nope/deep/deeper'],
  ['a device', () => '/dev/null'],
  [
    'a file',
    (folder) => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file');
    },
  ],
  [
    'under a file',
    (folder) => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file', 'home');
    },
  ],
  [
    'a link to itself',
    (folder) => {
      symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
      return join(folder, 'loop');
    },
  ],
  [
    'with a folder for its database',
    (folder) => {
      mkdirSync(join(folder, 'fts.db'));
      return folder;
    },
  ],
  ...['fts.db', 'audit-heads.log'].map((name): [string, (folder: string) => string] => [
    `with a link for its ${name}`,
    (folder) => {
      symlinkSync(join(folder, 'elsewhere'), join(folder, name));
      return folder;
    },
  ]),
  ...['fts.db', 'config.json', 'audit-heads.log'].map((name): [string, (folder: string) => string] => [
    `with a pipe for its ${name}`,
    (folder) => {
      execFileSync('mkfifo', [join(folder, name)]);
      return folder;
    },
  ]),
];

it.skipIf(process.platform !== 'linux').each(impossible)('says at once that a home cannot be used: %s', (_, make) => {
  let refusal: unknown;
  try {
    openServices({ FTS_HOME: make(temporaryHome()) }, {}).database.close();
  } catch (thrown) {
    refusal = thrown;
  }
  expect(refusal).toMatchObject({
    kind: 'unavailable',
    field: 'FTS_HOME',
    remedy: expect.stringContaining('FTS_HOME'),
  });
});

it.skipIf(process.platform !== 'linux')('ends a server that cannot start', { timeout: 60_000 }, async () => {
  const { code, stderr } = await runFts(['serve'], temporaryHome(), { FTS_HOME: '/proc/nope' });
  expect(code).toBe(7);
  expect(stderr).toMatch(/^error .*\n.*→ .*FTS_HOME/m);
});

it('takes an empty FTS_HOME for none, and leaves the folder where it was started alone', () => {
  const account = temporaryHome();
  vi.stubEnv('HOME', account);
  expect(openHome({ FTS_HOME: '' }).root).toBe(join(account, '.fts'));
  vi.unstubAllEnvs();
});
