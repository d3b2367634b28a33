import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { describe, expect, it } from 'vitest';
import { temporaryHome, temporaryServices } from '../../testing/temporary-home.ts';
import { hashFile } from '../backup/backup-manifest.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { writeBackup } from '../backup/write-backup.ts';
import type { Services } from '../services/context.ts';
import { openServices } from '../services/open-services.ts';

/** A home with a key, a run, a model and two audit rows. */
function livedIn(): Services {
  const services = temporaryServices();
  services.keys.create('laptop', ['read']);
  for (const subject of ['a', 'b'])
    services.audit.record({ actor: 'ana', channel: 'terminal', action: 'keys.create', subject, outcome: 'ok' });
  const { home } = services;
  mkdirSync(join(home.runs, 'run-1', 'checkpoints'), { recursive: true });
  writeFileSync(join(home.runs, 'run-1', 'metrics.jsonl'), '{"step":1}\n');
  writeFileSync(join(home.runs, 'run-1', 'checkpoints', 'last.safetensors'), 'large');
  mkdirSync(join(home.models, 'notes'));
  writeFileSync(join(home.models, 'notes', 'model.safetensors'), 'weights');
  writeFileSync(home.configFile, '{"threads":1}');
  return services;
}

async function backedUp(services: Services, models = false): Promise<string> {
  const path = join(temporaryHome(), 'backup.tar');
  const handle = await open(path, 'w');
  await writeBackup(services, handle, { models });
  await handle.close();
  return path;
}

const target = (): string => join(temporaryHome(), 'restored');

describe('a backup', () => {
  it('is private, and restored elsewhere is the same home with an intact audit log', async () => {
    const services = livedIn();
    const archive = await backedUp(services);
    if (process.platform !== 'win32') expect(statSync(archive).mode & 0o777).toBe(0o600);
    services.audit.record({ actor: 'ana', channel: 'terminal', action: 'later', subject: '', outcome: 'ok' });
    const root = target();
    const restored = await restoreBackup(archive, root, { sha256: await hashFile(archive) });
    expect(restored.audit).toMatchObject({ verdict: 'intact', rows: 2 });
    const again = openServices({ FTS_HOME: root }, {});
    expect(again.keys.list().map(({ name }) => name)).toEqual(['laptop']);
    expect(again.config.values.threads).toBe(1);
    expect(readFileSync(join(again.home.runs, 'run-1', 'metrics.jsonl'), 'utf8')).toBe('{"step":1}\n');
    expect(existsSync(join(again.home.models, 'notes'))).toBe(false);
    expect(existsSync(join(again.home.runs, 'run-1', 'checkpoints'))).toBe(false);
    again.audit.record({ actor: 'ana', channel: 'terminal', action: 'restore', subject: '', outcome: 'ok' });
    expect(again.audit.verify()).toMatchObject({ verdict: 'intact', rows: 3 });
    again.database.close();
    expect(readdirSync(services.home.cache)).toEqual([]);
  });

  it('holds model files and checkpoints where they are asked for', async () => {
    const archive = await backedUp(livedIn(), true);
    const root = target();
    await restoreBackup(archive, root);
    expect(readFileSync(join(root, 'models', 'notes', 'model.safetensors'), 'utf8')).toBe('weights');
    expect(readFileSync(join(root, 'runs', 'run-1', 'checkpoints', 'last.safetensors'), 'utf8')).toBe('large');
  });

  it('leaves links out, and says so', async () => {
    const services = livedIn();
    symlinkSync('/etc/hostname', join(services.home.root, 'link'));
    const handle = await open(join(temporaryHome(), 'backup.tar'), 'w');
    const { leftOut, manifest } = await writeBackup(services, handle, { models: false });
    await handle.close();
    expect(leftOut).toEqual(['link']);
    expect(manifest.files.map(({ path }) => path)).not.toContain('link');
  });
});

describe('restoring', () => {
  it('refuses a home that is not empty, and with replace keeps it beside the new one', async () => {
    const archive = await backedUp(livedIn());
    const root = target();
    mkdirSync(root);
    await restoreBackup(archive, root); // empty is fine
    await expect(restoreBackup(archive, root)).rejects.toThrow(/is not empty/);
    const other = target();
    mkdirSync(other);
    writeFileSync(join(other, 'mine.txt'), 'mine');
    const { previous } = await restoreBackup(archive, other, { replace: true });
    expect(readFileSync(join(previous!, 'mine.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(other, 'mine.txt'))).toBe(false);
  });

  it('does not take the place of a home that another program has open', async () => {
    const archive = await backedUp(livedIn());
    const busy = temporaryServices();
    busy.keys.list();
    await expect(restoreBackup(archive, busy.home.root, { replace: true })).rejects.toThrow(/has .* open/);
    expect(existsSync(busy.home.database)).toBe(true);
  });

  it('refuses an archive that was cut off anywhere, and leaves nothing', async () => {
    const archive = await backedUp(livedIn());
    const whole = readFileSync(archive);
    for (const part of [0, 0.01, 0.2, 0.5, 0.8, 0.97]) {
      const cut = join(temporaryHome(), 'cut.tar');
      writeFileSync(cut, whole);
      truncateSync(cut, Math.floor(whole.length * part));
      const root = target();
      await expect(restoreBackup(cut, root), `${part}`).rejects.toMatchObject({ kind: 'corrupt' });
      expect(existsSync(root)).toBe(false);
      expect(readdirSync(join(root, '..'))).toEqual([]);
    }
  });

  it.skipIf(process.platform === 'win32')('refuses at once what is no file', async () => {
    await expect(restoreBackup('/dev/zero', join(temporaryHome(), 'home'))).rejects.toThrow(/is not a file/);
  });

  it('refuses another archive than the one whose hash is given', async () => {
    const archive = await backedUp(livedIn());
    await expect(restoreBackup(archive, target(), { sha256: '0'.repeat(64) })).rejects.toThrow(/its SHA-256 is/);
  });

  it('refuses a changed byte wherever it is', async () => {
    const archive = await backedUp(livedIn());
    const whole = readFileSync(archive);
    for (let at = 700; at < whole.length - 2048; at += Math.floor(whole.length / 12)) {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ 0x5a;
      const changed = join(temporaryHome(), 'changed.tar');
      writeFileSync(changed, bytes);
      const root = target();
      const outcome = await restoreBackup(changed, root).then(
        () => 'restored',
        (error: { kind?: string }) => error.kind,
      );
      // A byte that pads a member to the next block means nothing.
      if (outcome === 'restored') expect(whole[at]).toBe(0);
      else expect(['corrupt', 'invalid-input']).toContain(outcome);
    }
  });

  it.each<[string, (folder: string) => Promise<void> | void, string[]]>([
    ['a link', (folder) => symlinkSync('/etc/passwd', join(folder, 'link')), ['manifest.json', 'link']],
    [
      'a file that its manifest does not name',
      (folder) => writeFileSync(join(folder, 'more'), ''),
      ['manifest.json', 'more'],
    ],
    ['no manifest first', (folder) => writeFileSync(join(folder, 'a'), ''), ['a', 'manifest.json']],
    ['a path to elsewhere', () => {}, ['manifest.json', '../outside']],
    ['an absolute path', () => {}, ['manifest.json', '/outside']],
  ])('refuses an archive with %s', async (_name, prepare, members) => {
    const folder = join(temporaryHome(), 'in');
    mkdirSync(folder);
    writeFileSync(join(folder, '..', 'outside'), 'x');
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({
        format: 'fts-backup',
        version: 1,
        createdAt: new Date().toISOString(),
        models: false,
        auditHead: null,
        files: [{ path: 'fts.db', bytes: 0, sha256: '0'.repeat(64) }],
      }),
    );
    await prepare(folder);
    const archive = join(temporaryHome(), 'hostile.tar');
    await create(
      {
        cwd: folder,
        file: archive,
        preservePaths: true,
        // An absolute name is written as such, whatever file it is read from.
        onWriteEntry: (entry) => {
          if (entry.path === 'absolute') entry.path = '/outside';
        },
      },
      members.map((member) => {
        if (member !== '/outside') return member;
        writeFileSync(join(folder, 'absolute'), 'x');
        return 'absolute';
      }),
    );
    const root = target();
    await expect(restoreBackup(archive, root)).rejects.toMatchObject({ kind: 'corrupt' });
    expect(existsSync(root)).toBe(false);
    expect(existsSync('/outside')).toBe(false);
  });

  it.each(['../x', '/x', 'a/../../x', 'a//b', './a', 'C:x', 'a\\b', ''])(
    'refuses a manifest that names %j',
    async (path) => {
      const folder = temporaryHome();
      const file = { path, bytes: 0, sha256: '0'.repeat(64) };
      const manifest = {
        format: 'fts-backup',
        version: 1,
        createdAt: new Date().toISOString(),
        models: false,
        auditHead: null,
        files: [file],
      };
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
      const archive = join(temporaryHome(), 'hostile.tar');
      await create({ cwd: folder, file: archive }, ['manifest.json']);
      await expect(restoreBackup(archive, target())).rejects.toThrow();
    },
  );
});
