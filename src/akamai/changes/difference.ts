import { canonicalJson } from '../../store/canonical-json.ts';
import { pointerStep } from '../../text/json-pointer.ts';

/** One place that differs. `path` is a JSON Pointer into the newer value (the older one for a removal). */
export interface Difference {
  op: 'add' | 'remove' | 'replace';
  path: string;
  /** The same place in names: `default › Performance › caching › ttl`. */
  place: string;
  before?: unknown;
  after?: unknown;
}

/** Pairs of members beyond this are compared by position instead: the table of a longest common subsequence is n x m. */
const longestAligned = 1500;

/**
 * Structural difference of two JSON values, readable where lists of named things move: members of a list are matched by
 * name (rules, behaviors, records) or by equality, in order, so that an insertion is one addition and not a cascade.
 */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare(before, after, '', [], found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, place: readonly string[], found: Difference[]): void {
  if (canonicalJson(before) === canonicalJson(after)) return;
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, place, found);
  else if (isRecord(before) && isRecord(after)) compareRecords(before, after, path, place, found);
  else found.push(difference(before, after, path, place));
}

function difference(before: unknown, after: unknown, path: string, place: readonly string[]): Difference {
  const at = { path, place: place.join(' › ') };
  if (before === undefined) return { op: 'add', ...at, after };
  if (after === undefined) return { op: 'remove', ...at, before };
  return { op: 'replace', ...at, before, after };
}

type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compareRecords(
  before: JsonRecord,
  after: JsonRecord,
  path: string,
  place: readonly string[],
  found: Difference[],
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = `${path}/${pointerStep(key)}`;
    // The list's own key says nothing that the names of its members do not say.
    const isNamedList = namedList(before[key]) || namedList(after[key]);
    compare(before[key], after[key], inner, isNamedList || key === 'options' ? place : [...place, key], found);
  }
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  place: readonly string[],
  found: Difference[],
): void {
  for (const [from, to] of aligned(before, after)) {
    const member = to === undefined ? before[from ?? 0] : after[to];
    const label = nameOf(member) ?? String(to ?? from);
    compare(
      from === undefined ? undefined : before[from],
      to === undefined ? undefined : after[to],
      `${path}/${to ?? from}`,
      [...place, label],
      found,
    );
  }
}

/** Pairs of indexes in order; one side undefined where a member has no partner. */
function aligned(before: readonly unknown[], after: readonly unknown[]): [number | undefined, number | undefined][] {
  const left = before.map(identity);
  const right = after.map(identity);
  const pairs = left.length * right.length > longestAligned ** 2 ? byPosition(left, right) : byIdentity(left, right);
  const result: [number | undefined, number | undefined][] = [];
  let [i, j] = [0, 0];
  for (const [from, to] of [...pairs, [left.length, right.length] as const]) {
    // Scalars between two matches pair up by position: a changed value reads as a replacement.
    while (i < from && j < to && left[i] !== undefined && isScalar(before[i]) && isScalar(after[j]))
      result.push([i++, j++]);
    while (i < from) result.push([i++, undefined]);
    while (j < to) result.push([undefined, j++]);
    if (from < left.length && to < right.length) result.push([i++, j++]);
  }
  return result;
}

function byPosition(left: readonly string[], right: readonly string[]): [number, number][] {
  return Array.from({ length: Math.min(left.length, right.length) }, (_, index) => [index, index]);
}

/** Longest common subsequence of identities. */
function byIdentity(left: readonly string[], right: readonly string[]): [number, number][] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i] === right[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** What makes a list's member itself: its name (with its type, for DNS records), else its whole content. */
function identity(member: unknown): string {
  const name = nameOf(member);
  return name === undefined ? `value ${canonicalJson(member)}` : `name ${name}`;
}

function nameOf(member: unknown): string | undefined {
  if (!isRecord(member)) return undefined;
  const name = [member.name, member.cnameFrom, member.id, member.label].find(
    (candidate) => typeof candidate === 'string' || typeof candidate === 'number',
  );
  if (name === undefined) return undefined;
  return typeof member.type === 'string' && Array.isArray(member.rdata) ? `${name} ${member.type}` : String(name);
}

function namedList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((member) => nameOf(member) !== undefined);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
