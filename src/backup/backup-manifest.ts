import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { z } from 'zod';

export const manifestName = 'manifest.json';

/** A place inside a backup: relative, with forward slashes, and nothing in it that leaves the folder it is put in. */
const memberPath = z.string().max(1000).refine(isPlainPath, 'is not a plain relative path');

/** What a backup holds, kept as its first member. */
export const manifestSchema = z.object({
  format: z.literal('fts-backup'),
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Whether model files and checkpoints are in it. */
  models: z.boolean(),
  /** The end of the audit log at that moment; null for an empty one. */
  auditHead: z.object({ sequence: z.number().int().positive(), hash: z.string() }).nullable(),
  files: z
    .array(
      z.object({ path: memberPath, bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    )
    .min(1),
});
export type BackupManifest = z.output<typeof manifestSchema>;

export function isPlainPath(path: string): boolean {
  const steps = path.split('/');
  return !/[\\\0:]/.test(path) && steps.every((step) => step !== '' && step !== '.' && step !== '..');
}

/** SHA-256 of a file, in hexadecimal, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
