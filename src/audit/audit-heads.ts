import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

/** The end of the audit log at one moment: its newest row's number and hash. */
export interface AuditHead {
  sequence: number;
  hash: string;
}

/** What the file says of one row number. */
export interface KeptHeads {
  /** Hashes of rows that were about to be written; more than one where a transaction was rolled back. */
  begun: Set<string>;
  /** Hashes of rows that were written. */
  committed: Set<string>;
}

const linePattern = /^(begun|committed) ([1-9]\d{0,15}) ([0-9a-f]{64})$/;

/**
 * The heads of the audit log outside its database: `audit-heads.log`, two lines for each row. `begun` is on disk before
 * the row is committed, `committed` is written after it. So a row without `begun` was not written by this program, a
 * `committed` without a row was removed, and what a crash leaves (`begun` alone, with or without its row) is neither.
 */
export class AuditHeads {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Call within the transaction that writes the row. Throws where the line cannot be kept, so that the row is not either. */
  begin(head: AuditHead): void {
    this.append(`begun ${head.sequence} ${head.hash}\n`);
  }

  /** Call after the commit. */
  commit(head: AuditHead): void {
    this.append(`committed ${head.sequence} ${head.hash}\n`);
  }

  /** Every row number that the file names; empty where there is no file. A line cut off by a crash is left out. */
  read(): Map<number, KeptHeads> {
    const kept = new Map<number, KeptHeads>();
    if (!existsSync(this.path)) return kept;
    for (const line of readFileSync(this.path, 'utf8').split('\n')) {
      const [, state, number, hash] = linePattern.exec(line) ?? [];
      if (state === undefined || hash === undefined) continue;
      const sequence = Number(number);
      const heads = kept.get(sequence) ?? { begun: new Set<string>(), committed: new Set<string>() };
      heads[state as keyof KeptHeads].add(hash);
      kept.set(sequence, heads);
    }
    return kept;
  }

  /** The lines of rows 1 to `last`, for a copy of the database that ends there. */
  textUpTo(last: number): string {
    if (!existsSync(this.path)) return '';
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines
      .filter((line) => Number(linePattern.exec(line)?.[2] ?? Number.POSITIVE_INFINITY) <= last)
      .map((line) => `${line}\n`)
      .join('');
  }

  /** Lines are short enough to be appended whole, also when several processes append. */
  private append(line: string): void {
    const file = openSync(this.path, 'a+', 0o600);
    try {
      writeSync(file, endsMidLine(file) ? `\n${line}` : line);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

/** Whether a crash cut the last line off. */
function endsMidLine(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last.toString() !== '\n';
}
