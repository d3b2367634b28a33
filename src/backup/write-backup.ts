import { createHash } from 'node:crypto';
import { copyFile, type FileHandle, link, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { create } from 'tar';
import type { AuditHead } from '../audit/audit-heads.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { besideName } from '../store/atomic-file.ts';
import type { Database } from '../store/database.ts';
import type { Home } from '../store/home.ts';
import { type BackupManifest, hashFile, manifestName } from './backup-manifest.ts';
import { folderFiles } from './folder-files.ts';

interface BackupSource {
  home: Home;
  database: Database;
  audit: AuditLog;
}

export interface WrittenBackup {
  manifest: BackupManifest;
  bytes: number;
  /** Of the whole archive: kept elsewhere, it shows at the restore that this is the same file. */
  sha256: string;
  /** What was found in the home and is not in the backup: links and the like. */
  leftOut: string[];
}

/** What can be made again, is on its way in or out, or is copied in a way of its own. */
const leftOutAlways = /^(cache|inbox|exports|fts\.db.*|audit-heads\.log)$/;
const leftOutWithoutModels = /^(models|runs\/[^/]+\/checkpoints)$/;
/** Large files that are only ever replaced as a whole. */
const replacedAsWhole = /^models\/|\/checkpoints\//;

/**
 * Writes a consistent copy of a home as a tar archive into `target`, while other processes work on: the database as of
 * one moment, with the heads of its audit log up to that moment.
 */
export async function writeBackup(
  { home, database, audit }: BackupSource,
  target: FileHandle,
  { models, now = new Date() }: { models: boolean; now?: Date },
): Promise<WrittenBackup> {
  const stage = besideName(join(home.cache, 'backup'), 'tmp');
  await mkdir(stage, { mode: 0o700 });
  try {
    const auditHead = await stageDatabase({ home, database, audit }, stage);
    const leftOut = await stageFiles(home, stage, models);
    const manifest = await describeStage(stage, { models, auditHead, createdAt: now.toISOString() });
    await writeFile(join(stage, manifestName), JSON.stringify(manifest, undefined, 1), { mode: 0o600 });
    await target.chmod(0o600);
    const { bytes, sha256 } = await pack(stage, manifest, target);
    return { manifest, bytes, sha256, leftOut };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** SQLite's own copy, and the heads of the rows that are in it. */
async function stageDatabase({ home, database, audit }: BackupSource, stage: string): Promise<AuditHead | null> {
  const copy = join(stage, basename(home.database));
  database.prepare('VACUUM INTO ?').run(copy);
  const head = audit.headIn(copy);
  const heads = audit.heads?.textUpTo(head?.sequence ?? 0) ?? '';
  if (heads !== '') await writeFile(join(stage, basename(home.auditHeads)), heads, { mode: 0o600 });
  return head ?? null;
}

async function stageFiles(home: Home, stage: string, models: boolean): Promise<string[]> {
  const isHidden = (path: string): boolean => basename(path).startsWith('.');
  const { files, others } = await folderFiles(
    home.root,
    (folder) => !isHidden(folder) && !leftOutAlways.test(folder) && (models || !leftOutWithoutModels.test(folder)),
  );
  for (const path of files) {
    if (isHidden(path) || leftOutAlways.test(path)) continue;
    const [from, to] = [join(home.root, path), join(stage, path)];
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    // A link holds the file as it is now at no cost, also where another process replaces it meanwhile.
    const linked = replacedAsWhole.test(path) && (await link(from, to).then(yes, no));
    if (!linked) await copyFile(from, to).catch(ignoreMissing); // removed since it was listed
  }
  return others.filter((path) => !isHidden(path));
}

async function describeStage(
  stage: string,
  about: Pick<BackupManifest, 'models' | 'auditHead' | 'createdAt'>,
): Promise<BackupManifest> {
  const files: BackupManifest['files'] = [];
  for (const path of (await folderFiles(stage)).files) {
    const { size: bytes } = await stat(join(stage, path));
    files.push({ path, bytes, sha256: await hashFile(join(stage, path)) });
  }
  return { format: 'fts-backup', version: 1, ...about, files };
}

async function pack(stage: string, manifest: BackupManifest, target: FileHandle) {
  const hash = createHash('sha256');
  let bytes = 0;
  const members = [manifestName, ...manifest.files.map(({ path }) => path)];
  // `.//` keeps a name that begins with @ from being read as an archive to include.
  const archive = create(
    { cwd: stage, portable: true, strict: true, follow: true },
    members.map((path) => `./${path}`),
  );
  for await (const piece of archive as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    await target.writeFile(piece);
  }
  return { bytes, sha256: hash.digest('hex') };
}

const yes = (): boolean => true;
const no = (): boolean => false;

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
