import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import Libsql from 'libsql';
import { extract, list } from 'tar';
import { AuditHeads } from '../audit/audit-heads.ts';
import { AuditLog, auditTables } from '../audit/audit-log.ts';
import type { AuditVerdict } from '../audit/audit-verification.ts';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith } from '../errors/parse-with.ts';
import { besideName } from '../store/atomic-file.ts';
import { openDatabase } from '../store/database.ts';
import { makePrivateFolder } from '../store/home-permissions.ts';
import { type BackupManifest, hashFile, isPlainPath, manifestName, manifestSchema } from './backup-manifest.ts';
import { folderFiles } from './folder-files.ts';

const largestManifestBytes = 64 * 1024 * 1024;
const largestMemberCount = 200_000;

export interface RestoredBackup {
  manifest: BackupManifest;
  /** Of the archive. */
  sha256: string;
  audit: AuditVerdict;
  /** Where the home that was there before is now. */
  previous?: string;
}

/**
 * Puts a backup in place as the home `root`. Everything is checked in a folder beside it first: every member against the
 * manifest, the database, the chain of its audit log. A home that is not empty is refused, or with `replace` moved aside.
 */
export async function restoreBackup(
  archive: string,
  root: string,
  { replace = false, sha256: expected }: { replace?: boolean; sha256?: string | undefined } = {},
): Promise<RestoredBackup> {
  const target = resolve(root);
  const occupied = existsSync(target) && (await readdir(target)).length > 0;
  if (occupied && !replace) {
    throw new FtsError('conflict', `${target} is not empty.`, {
      field: 'FTS_HOME',
      value: target,
      remedy: 'Restore into another FTS_HOME, or add --replace: the present home is then kept beside it.',
    });
  }
  if (!(await stat(archive)).isFile()) throw refused(archive, 'it is not a file'); // a pipe would be read for ever
  const sha256 = await hashFile(archive);
  if (expected !== undefined && expected !== sha256) throw refused(archive, `its SHA-256 is ${sha256}`);
  await requirePlainMembers(archive);
  makePrivateFolder(dirname(target));
  const stage = besideName(target, 'tmp');
  await mkdir(stage, { mode: 0o700 });
  try {
    await extract({ file: archive, cwd: stage, strict: true, preserveOwner: false, noMtime: true });
    const manifest = await checkContent(archive, stage);
    await closeToOthers(stage, manifest);
    const audit = checkDatabase(archive, stage, manifest);
    await rm(join(stage, manifestName));
    const previous = occupied ? await moveAside(target) : undefined;
    if (!occupied && existsSync(target)) await rmdir(target);
    await rename(stage, target).catch(async (error: unknown) => {
      if (previous !== undefined) await rename(previous, target);
      throw error;
    });
    return { manifest, sha256, audit, ...(previous === undefined ? {} : { previous }) };
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw error;
  }
}

/** Looks at every member's name and kind before anything is written: plain files at plain places, each once. */
async function requirePlainMembers(archive: string): Promise<void> {
  const seen = new Set<string>();
  let problem: string | undefined;
  try {
    await list({
      file: archive,
      strict: true,
      onReadEntry: (entry) => {
        const path = entry.path.replace(/^\.\//, '');
        const same = path.toLowerCase();
        if (entry.type !== 'File' && entry.type !== 'OldFile') problem ??= `${path} is a ${entry.type}`;
        else if (!isPlainPath(path)) problem ??= `${path} would be written elsewhere`;
        else if (seen.has(same)) problem ??= `${path} is in it twice`;
        else if (seen.size === 0 && path !== manifestName) problem ??= `it does not begin with ${manifestName}`;
        else if (path === manifestName && entry.size > largestManifestBytes) problem ??= 'its manifest is too large';
        else if (seen.size >= largestMemberCount) problem ??= 'it has too many members';
        seen.add(same);
      },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    throw refused(archive, (error as Error).message, error);
  }
  if (problem === undefined && seen.size === 0) problem = 'it is empty or no tar archive';
  if (problem !== undefined) throw refused(archive, problem);
}

/** Compares what was written with the manifest: the same files, no other, each with its size and hash. */
async function checkContent(archive: string, stage: string): Promise<BackupManifest> {
  const text = await readFile(join(stage, manifestName), 'utf8');
  const manifest = parseJsonWith(manifestSchema, text, `${manifestName} in ${archive}`);
  const { files, others } = await folderFiles(stage);
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  if (listed.size !== manifest.files.length) throw refused(archive, 'its manifest names a file twice');
  const unknown = [...files, ...others].find((path) => path !== manifestName && !listed.has(path));
  if (unknown !== undefined) throw refused(archive, `its manifest does not name ${unknown}`);
  for (const { path, bytes, sha256 } of manifest.files) {
    const place = join(stage, path);
    if (!existsSync(place)) throw refused(archive, `${path} is missing`);
    if ((await stat(place)).size !== bytes || (await hashFile(place)) !== sha256)
      throw refused(archive, `${path} is not what was backed up`);
  }
  if (!listed.has('fts.db')) throw refused(archive, 'it holds no fts.db');
  return manifest;
}

async function closeToOthers(stage: string, manifest: BackupManifest): Promise<void> {
  for (const { path } of manifest.files) {
    await chmod(join(stage, path), 0o600);
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) await chmod(join(stage, folder), 0o700);
  }
}

/** Opens the database where it was put for now, and verifies its audit log with the heads that came along. */
function checkDatabase(archive: string, stage: string, { auditHead }: BackupManifest): AuditVerdict {
  const database = openDatabase(join(stage, 'fts.db'), [auditTables]);
  try {
    const audit = new AuditLog(database, { heads: new AuditHeads(join(stage, 'audit-heads.log')) });
    const verdict = audit.verify(auditHead === null ? {} : { head: auditHead.hash });
    if (verdict.verdict !== 'intact') throw refused(archive, `its audit log is ${verdict.verdict}: ${verdict.reason}`);
    database.pragma('wal_checkpoint(TRUNCATE)');
    return verdict;
  } finally {
    database.close();
  }
}

/** Moves the home that is there aside, unless another process works in it. */
async function moveAside(target: string): Promise<string> {
  const database = join(target, 'fts.db');
  if (existsSync(database)) requireUnused(database, target);
  const aside = `${target}.before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  await rename(target, aside);
  return aside;
}

/** SQLite leaves write-ahead logging only for a connection that is alone. */
function requireUnused(path: string, target: string): void {
  let database: Libsql.Database | undefined;
  try {
    database = new Libsql(path);
    database.pragma('busy_timeout = 500');
    database.pragma('journal_mode = DELETE');
  } catch (error) {
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') return; // a damaged home may be replaced
    throw new FtsError('conflict', `Another fts has ${target} open.`, {
      field: 'FTS_HOME',
      value: target,
      remedy: 'Stop it first (fts up, fts serve, fts mcp), then restore again.',
      cause: error,
    });
  } finally {
    database?.close();
  }
}

function refused(archive: string, why: string, cause?: unknown): FtsError {
  return new FtsError('corrupt', `${archive} is not restored: ${why}.`, {
    field: 'file',
    value: archive,
    remedy: 'Use another backup. Nothing was changed.',
    ...(cause === undefined ? {} : { cause }),
  });
}
