import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import type { Caller } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';
import { type Home, openHome } from '../store/home.ts';
import { CallerFiles } from './caller-files.ts';
import { fileToReadSchema, fileToWriteSchema } from './file-inputs.ts';

const toRead = (path: string) => fileToReadSchema.parse(path);
const toWrite = (path: string) => fileToWriteSchema.parse(path);
const others = ['mcp', 'http', 'console', 'system'] as const;

let outside: string;
let home: Home;
const secret = (): string => join(outside, 'secret.txt');
const filesOf = (channel: Caller['channel'], allowed: string[] = []) => new CallerFiles(channel, home, allowed);

beforeEach(() => {
  outside = realpathSync(temporaryHome());
  home = openHome({ FTS_HOME: realpathSync(temporaryHome()) });
  writeFileSync(secret(), 'secret');
  writeFileSync(home.configFile, '{}');
  writeFileSync(join(home.inbox, 'notes.txt'), 'notes');
});
afterEach(() => {
  rmSync(outside, { recursive: true, force: true });
});

/** What a refused caller is told, without the text that it sent itself. */
function refusal(act: () => unknown): Record<string, unknown> {
  try {
    act();
  } catch (thrown) {
    const { value: _, ...told } = FtsError.from(thrown).toJSON();
    return told as unknown as Record<string, unknown>;
  }
  throw new Error('It was not refused.');
}

describe('files to read', () => {
  it('lie anywhere for a terminal', () => {
    expect(filesOf('terminal').read('data', toRead(secret()))).toBe(secret());
    expect(filesOf('terminal').readBytes('data', toRead(secret())).toString()).toBe('secret');
  });

  it.each(others)('lie in the inbox for %s, named with or without their path', (channel) => {
    const path = join(home.inbox, 'notes.txt');
    expect(filesOf(channel).read('data', toRead('notes.txt'))).toBe(path);
    expect(filesOf(channel).read('data', toRead(path))).toBe(path);
    expect(filesOf(channel).readBytes('data', toRead('notes.txt')).toString()).toBe('notes');
  });

  it.each(others)('give %s one answer whether they are forbidden, missing, links or no files', async (channel) => {
    symlinkSync(secret(), join(home.inbox, 'link.txt'));
    symlinkSync(outside, join(home.inbox, 'folder'));
    symlinkSync(join(outside, 'nowhere'), join(home.inbox, 'dangling'));
    symlinkSync('loop', join(home.inbox, 'loop'));
    const socket = createServer().listen(join(home.inbox, 'socket'));
    await once(socket, 'listening');
    const files = filesOf(channel);
    const answer = refusal(() => files.read('data', toRead('missing.txt')));
    expect(answer).toMatchObject({ kind: 'not-found', field: 'data' });
    const named = [
      secret(),
      join(outside, 'missing.txt'),
      outside,
      '/etc/passwd',
      '/dev/zero',
      '../config.json',
      home.configFile,
      home.root,
      home.database,
      'link.txt',
      'folder/secret.txt',
      'folder',
      'dangling',
      'loop',
      'socket',
      `${secret()}/x`,
      '~/x',
      `${'x/'.repeat(2000)}x`,
    ];
    for (const name of named) {
      expect(
        refusal(() => files.read('data', toRead(name))),
        name,
      ).toEqual(answer);
      expect(
        refusal(() => files.readBytes('data', toRead(name))),
        name,
      ).toEqual(answer);
      expect(files.find(toRead(name)), name).toBeUndefined();
    }
    socket.close();
  });

  it('may lie in a folder that the operator lists, but in no other part of the home', () => {
    const files = filesOf('mcp', [outside, home.root]);
    expect(files.read('data', toRead(secret()))).toBe(secret());
    expect(files.find(toRead(home.configFile))).toBeUndefined();
    expect(files.find(toRead(join(home.inbox, 'notes.txt')))).toBeDefined();
    expect(filesOf('mcp', [join(outside, 'sub')]).find(toRead(secret()))).toBeUndefined();
    expect(filesOf('mcp', [outside.slice(0, -1)]).find(toRead(secret()))).toBeUndefined();
    expect(filesOf('mcp', ['relative', '']).find(toRead(secret()))).toBeUndefined();
  });

  it('are no folders with a link inside that leads out', () => {
    const folder = join(home.inbox, 'model');
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{}');
    symlinkSync('../config.json', join(folder, 'deep', 'same.json'));
    expect(filesOf('http').read('source', toRead('model'))).toBe(folder);
    symlinkSync(secret(), join(folder, 'deep', 'weights'));
    expect(refusal(() => filesOf('http').read('source', toRead('model')))).toMatchObject({ kind: 'not-found' });
  });

  it('have no control or bidirectional characters in their names', () => {
    for (const path of ['', 'a\0b', 'a\nb', '\u001b[2Jx', 'a\u202Eb', 'x'.repeat(5000)]) {
      expect(fileToReadSchema.safeParse(path).success, path).toBe(false);
      expect(fileToWriteSchema.safeParse(path).success, path).toBe(false);
    }
  });
});

describe('files to write', () => {
  const write = (channel: Caller['channel'], name: string, overwrite = false) =>
    filesOf(channel).write({ field: 'svg', given: toWrite(name), overwrite }, (file) => file.writeFile('new'));

  it('go anywhere for a terminal, and over an existing one only where it says so', async () => {
    const path = join(outside, 'sub', 'plan.svg');
    expect(await write('terminal', path)).toEqual({ path, place: path });
    await expect(write('terminal', path)).rejects.toMatchObject({ kind: 'conflict', field: 'svg' });
    await expect(write('terminal', secret())).rejects.toMatchObject({ remedy: expect.stringContaining('--overwrite') });
    expect(readFileSync(secret(), 'utf8')).toBe('secret');
    await write('terminal', secret(), true);
    expect(readFileSync(secret(), 'utf8')).toBe('new');
  });

  it('never replace a folder, a device or a file of this program', async () => {
    for (const path of [outside, '/dev/null', home.configFile]) {
      await expect(write('terminal', path, true)).rejects.toBeInstanceOf(FtsError);
    }
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readFileSync(home.configFile, 'utf8')).toBe('{}');
  });

  it.each(others)('go into exports for %s, under a plain name and never over another', async (channel) => {
    const { path, place } = await write(channel, 'plan.svg');
    expect(path).toBe(join(home.exports, 'plan.svg'));
    expect(place).toBe(channel === 'mcp' ? 'fts://exports/plan.svg' : '/exports/plan.svg');
    for (const overwrite of [false, true]) {
      await expect(write(channel, 'plan.svg', overwrite)).rejects.toMatchObject({ kind: 'conflict' });
    }
    const before = readdirSync(home.root);
    for (const name of [
      '../config.json',
      secret(),
      'a/b.svg',
      '..',
      '.x',
      'nul.svg',
      `${'x'.repeat(70)}.svg`,
      'a\\b',
    ]) {
      await expect(write(channel, name, true), name).rejects.toMatchObject({ kind: 'invalid-input', field: 'svg' });
    }
    expect(readdirSync(home.root)).toEqual(before);
    expect(readdirSync(home.exports)).toEqual(['plan.svg']);
  });

  it('leave what a link in exports points to as it is', async () => {
    symlinkSync(secret(), join(home.exports, 'link.svg'));
    symlinkSync(join(outside, 'made.svg'), join(home.exports, 'dangling.svg'));
    linkSync(secret(), join(home.exports, 'hard.svg'));
    for (const name of ['link.svg', 'dangling.svg', 'hard.svg']) {
      await expect(write('mcp', name, true)).rejects.toMatchObject({ kind: 'conflict' });
    }
    expect(readFileSync(secret(), 'utf8')).toBe('secret');
    expect(existsSync(join(outside, 'made.svg'))).toBe(false);
  });

  it('leave nothing behind when they cannot be filled', async () => {
    const failing = filesOf('mcp').write({ field: 'svg', given: toWrite('x.svg'), overwrite: false }, async () => {
      throw new FtsError('internal', 'broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(readdirSync(home.exports)).toEqual([]);
  });

  it('end when exports is full', async () => {
    for (let number = 0; number < 1000; number++) writeFileSync(join(home.exports, `${number}.svg`), '');
    await expect(write('mcp', 'one-more.svg')).rejects.toMatchObject({ kind: 'exhausted' });
  });

  it('get a name of their own where the program names them', async () => {
    const own = () => filesOf('mcp').writeOwn(home.cache, 'evaluation-1.svg', 'x');
    expect([await own(), await own()].map(({ place }) => place)).toEqual([
      'fts://exports/evaluation-1.svg',
      'fts://exports/evaluation-1-2.svg',
    ]);
    const terminal = await filesOf('terminal').writeOwn(home.cache, 'evaluation-1.svg', 'x');
    expect(terminal.place).toBe(join(home.cache, 'evaluation-1.svg'));
  });
});
