import { digestOf } from '../store/canonical-json.ts';
import type { AuditHead, KeptHeads } from './audit-heads.ts';

/** The `previousHash` of row 1. */
export const genesis = '0'.repeat(64);

/** A row as the chain sees it: every field but `hash` is hashed. */
interface ChainedRow {
  sequence: number;
  previousHash: string;
  hash: string;
}

/** What the database itself holds. */
interface StoredLog {
  /** In the order of their numbers. */
  rows: Iterable<ChainedRow>;
  /** The first row whose head was also kept outside the database. */
  first: number;
  /** Triggers that keep the table append-only, and are gone or changed. */
  missingTriggers: readonly string[];
}

/** Heads that were kept where the database and the file beside it are not. */
export interface KeptElsewhere {
  /** A hash that an earlier verification gave out. */
  head?: string | undefined;
  /** Per place its heads, in any order. */
  places?: readonly { name: string; heads: readonly AuditHead[] }[];
  /** Places that should be read and cannot be, each with the reason. */
  unreadable?: readonly string[];
}

export interface AuditVerdict {
  /**
   * `broken`: something was changed or removed. `unconfirmed`: the rows fit each other, but nothing outside the database
   * says that they are all, or the same.
   */
  verdict: 'intact' | 'unconfirmed' | 'broken';
  intact: boolean;
  rows: number;
  /** Hash of the newest row: keep it elsewhere, and a later `verify` with it also notices a shortened log. */
  head: string;
  /** The first row that does not fit. */
  brokenAt?: number;
  /** Why the verdict is not `intact`. */
  reason?: string;
  proves: string[];
  cannotProve: string[];
}

/** Verifies the log. `kept` is undefined for a database whose heads are kept nowhere. */
export function verifyAudit(
  log: StoredLog,
  kept: Map<number, KeptHeads> | undefined,
  elsewhere: KeptElsewhere,
): AuditVerdict {
  const walk = walkChain(log, kept, elsewhere);
  const broken = walk.broken ?? missingEnd(walk, kept, elsewhere) ?? openedTable(log);
  const found = { rows: walk.rows, head: walk.head };
  if (broken !== undefined)
    return { verdict: 'broken', intact: false, ...found, ...broken, ...inWords(walk, log, false) };
  const [unreadable] = elsewhere.unreadable ?? [];
  const unconfirmed = unreadable ?? (kept === undefined ? undefined : whyUnconfirmed(walk, log));
  if (unconfirmed !== undefined)
    return { verdict: 'unconfirmed', intact: false, ...found, reason: unconfirmed, ...inWords(walk, log, false) };
  return { verdict: 'intact', intact: true, ...found, ...inWords(walk, log, kept !== undefined) };
}

interface Walk {
  rows: number;
  head: string;
  /** The first row that the file beside the database names, where it names one. */
  firstKept: number | undefined;
  /** The newest row that each other place confirms. */
  confirmed: Map<string, number>;
  broken?: Broken;
}

interface Broken {
  brokenAt?: number;
  reason: string;
}

const givenHead = 'the head that you gave';

function walkChain(log: StoredLog, kept: Map<number, KeptHeads> | undefined, elsewhere: KeptElsewhere): Walk {
  const places = headsByRow(elsewhere);
  const firstKept = kept === undefined || kept.size === 0 ? undefined : Math.min(...kept.keys());
  const walk: Walk = { rows: 0, head: genesis, firstKept, confirmed: new Map() };
  if (elsewhere.head === genesis) walk.confirmed.set(givenHead, 0);
  for (const { hash, ...row } of log.rows) {
    const reason =
      unfit(walk, row, hash) ??
      (firstKept === undefined || row.sequence < firstKept
        ? undefined
        : notAppended(row.sequence, hash, kept?.get(row.sequence))) ??
      differsElsewhere(hash, places.get(row.sequence));
    if (reason !== undefined) return { ...walk, broken: { brokenAt: Math.min(row.sequence, walk.rows + 1), reason } };
    walk.head = hash;
    walk.rows++;
    if (hash === elsewhere.head) walk.confirmed.set(givenHead, row.sequence);
    for (const { name } of places.get(row.sequence) ?? []) walk.confirmed.set(name, row.sequence);
  }
  return walk;
}

/** Why a row does not fit the rows before it. */
function unfit(walk: Walk, row: Omit<ChainedRow, 'hash'>, hash: string): string | undefined {
  if (row.sequence !== walk.rows + 1) return `row ${walk.rows + 1} is missing`;
  if (row.previousHash !== walk.head) return 'it does not continue the row before it';
  if (digestOf(row) !== hash) return 'its content is not what was recorded';
  return undefined;
}

/** Why a row is not the one that this program appended. */
function notAppended(sequence: number, hash: string, kept: KeptHeads | undefined): string | undefined {
  if (kept === undefined) return `this program did not append it: audit-heads.log does not name row ${sequence}`;
  const others = [...kept.committed].filter((other) => other !== hash);
  if (others.length > 0)
    return 'it is not the row that audit-heads.log names: it was written anew, or an older database was put in place';
  return kept.begun.has(hash) || kept.committed.has(hash)
    ? undefined
    : 'this program did not append it: audit-heads.log names another row of this number';
}

function differsElsewhere(hash: string, heads: readonly { name: string; hash: string }[] = []): string | undefined {
  const other = heads.find((head) => head.hash !== hash);
  return other === undefined ? undefined : `it is not the row whose head ${other.name} has`;
}

/** What was recorded once, and is not there any more. */
function missingEnd(
  { rows, confirmed }: Walk,
  kept: Map<number, KeptHeads> | undefined,
  elsewhere: KeptElsewhere,
): Broken | undefined {
  const gone = (last: number, name: string): Broken => ({
    brokenAt: rows + 1,
    reason: `rows ${rows + 1} to ${last} are missing, which ${name} names: the end was cut off, or an older database was put in place`,
  });
  let last = rows;
  for (const [sequence, { committed }] of kept ?? []) if (committed.size > 0 && sequence > last) last = sequence;
  if (last > rows) return gone(last, 'audit-heads.log');
  for (const { name, heads } of elsewhere.places ?? []) {
    for (const { sequence } of heads) if (sequence > last) last = sequence;
    if (last > rows) return gone(last, name);
  }
  if (elsewhere.head !== undefined && !confirmed.has(givenHead))
    return { brokenAt: rows + 1, reason: 'the row with the expected head is missing: the end was cut off' };
  return undefined;
}

function openedTable({ missingTriggers }: StoredLog): Broken | undefined {
  if (missingTriggers.length === 0) return undefined;
  return {
    reason: `the table is not append-only any more (${missingTriggers.join(', ')} removed or changed): somebody wrote to it past this program`,
  };
}

/** Why nothing outside the database vouches for rows that something should vouch for. */
function whyUnconfirmed({ rows, firstKept, confirmed }: Walk, { first }: StoredLog): string | undefined {
  const isConfirmedElsewhere = Math.max(0, ...confirmed.values()) === rows;
  if (rows < first || isConfirmedElsewhere) return undefined;
  if (firstKept === undefined)
    return 'nothing outside the database confirms these rows: audit-heads.log is missing, so the end may have been cut off';
  if (firstKept > first)
    return `nothing outside the database confirms rows ${first} to ${firstKept - 1}: audit-heads.log begins with row ${firstKept}`;
  return undefined;
}

/** What the evidence at hand shows, and what none of it can. */
function inWords(walk: Walk, { first }: StoredLog, isKept: boolean): Pick<AuditVerdict, 'proves' | 'cannotProve'> {
  const { rows, confirmed } = walk;
  const proves =
    rows === 0
      ? []
      : [`Rows 1 to ${rows} follow each other, and none was changed without computing every later hash again.`];
  if (isKept && rows >= first)
    proves.push(
      `Rows ${first} to ${rows} are those that this program appended, and none after them is missing (audit-heads.log).`,
    );
  for (const [name, row] of confirmed)
    if (row > 0) proves.push(`Rows 1 to ${row} stand as they stood when ${name} was kept.`);
  const cannotProve: string[] = [];
  if (isKept && first > 1)
    cannotProve.push(`That rows 1 to ${first - 1} were all: they are older than audit-heads.log.`);
  const confirmedRows = Math.max(0, ...confirmed.values());
  if (confirmedRows < rows)
    cannotProve.push(
      `That rows ${confirmedRows + 1} to ${rows} were not written anew by a program that may write both the database and audit-heads.log: only a head kept elsewhere shows that (setting audit.anchor, --head, --anchor).`,
    );
  cannotProve.push('That the clock of this machine was right, and what was done past this program.');
  return { proves, cannotProve };
}

function headsByRow({ places = [] }: KeptElsewhere): Map<number, { name: string; hash: string }[]> {
  const byRow = new Map<number, { name: string; hash: string }[]>();
  for (const { name, heads } of places)
    for (const { sequence, hash } of heads) {
      const known = byRow.get(sequence) ?? [];
      known.push({ name, hash });
      byRow.set(sequence, known);
    }
  return byRow;
}
