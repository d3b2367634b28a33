import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import type { Services } from '../services/context.ts';
import { openServices } from '../services/open-services.ts';

const opened: Services[] = [];
afterEach(() => {
  for (const { database } of opened.splice(0)) database.close();
  vi.restoreAllMocks();
});

function openAt(home: string): string {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  opened.push(openServices({ FTS_HOME: home }, {}));
  return said.join('');
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it.skipIf(process.platform === 'win32').each([0o000, 0o022, 0o277])(
  'makes a home that only its owner can use under the umask %i',
  (umask) => {
    const home = join(temporaryHome(), 'deep', 'home');
    const before = process.umask(umask);
    try {
      expect(openAt(home)).toBe('');
    } finally {
      process.umask(before);
    }
    for (const folder of ['', 'models', 'runs', 'cache']) expect(modeOf(join(home, folder))).toBe('700');
    for (const file of ['fts.db', 'fts.db-wal', 'fts.db-shm']) expect(modeOf(join(home, file))).toBe('600');
    opened[0]?.database.exec('SELECT 1');
  },
);

it.skipIf(process.platform === 'win32')('closes a home that others could read, says it, and then is quiet', () => {
  const home = temporaryHome();
  openAt(home);
  writeFileSync(join(home, 'config.json'), '{}');
  writeFileSync(join(home, 'notes.txt'), 'mine');
  const loose = ['config.json', 'fts.db', 'fts.db-wal', 'fts.db-shm', 'notes.txt'];
  for (const name of loose) chmodSync(join(home, name), 0o644);
  for (const name of ['', 'models']) chmodSync(join(home, name), 0o755);
  const said = openAt(home);
  for (const name of ['config.json', 'fts.db', 'fts.db-wal', 'fts.db-shm'])
    expect(modeOf(join(home, name))).toBe('600');
  for (const name of ['', 'models']) expect(modeOf(join(home, name))).toBe('700');
  expect(said).toContain('fts.db (0644)');
  // What is not this program's own stays as it is.
  expect(modeOf(join(home, 'notes.txt'))).toBe('644');
  expect(openAt(home)).toBe('');
});

it.skipIf(process.platform === 'win32')('leaves a folder of everybody as it is, and says so', () => {
  const home = join(temporaryHome(), 'shared');
  mkdirSync(home);
  chmodSync(home, 0o1777);
  expect(openAt(home)).toContain('give FTS_HOME a folder of its own');
  expect(statSync(home).mode & 0o7777).toBe(0o1777);
  expect(modeOf(join(home, 'fts.db'))).toBe('600');
});

it.skipIf(!existsSync('/proc/self'))('refuses a home that cannot be made, at once', () => {
  expect(() => openAt('/proc/nope')).toThrow(/\/proc\/nope cannot be made/);
});

it('refuses a home that is a file', () => {
  const file = join(temporaryHome(), 'file');
  writeFileSync(file, '');
  expect(() => openAt(file)).toThrow(/cannot be made/);
});
