import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { FtsError } from '../../errors/fts-error.ts';
import type { AuditHead } from '../audit-heads.ts';

/** A line of an anchor file (JSON), of a syslog, or of what an HTTP collector wrote down. */
const headPattern = /\bsequence"?\s*[=:]\s*"?([1-9]\d{0,15})"?[\s,]+"?hash"?\s*[=:]\s*"?([0-9a-f]{64})\b/;

/** The heads in a file that `audit.anchor` or a collector filled; other lines are passed over. Errors: `invalid-input` without any. */
export async function readAnchorFile(path: string): Promise<AuditHead[]> {
  const heads: AuditHead[] = [];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const [, sequence, hash] = headPattern.exec(line) ?? [];
    if (sequence !== undefined && hash !== undefined) heads.push({ sequence: Number(sequence), hash });
  }
  if (heads.length > 0) return heads;
  throw new FtsError('invalid-input', `${path} holds no head of an audit log.`, {
    field: 'anchor',
    value: path,
    remedy: 'Name a file with lines such as {"sequence":12,"hash":"…"}, or a syslog with sequence=12 hash=….',
  });
}
