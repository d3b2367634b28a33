/** Sets of Unicode code points as sorted, disjoint ranges: `[low, high, low, high, …]`, both ends included. */
export type Ranges = readonly number[];

export const MAX_CODE_POINT = 0x10ffff;

/** Every code point that UTF-8 can carry: all but the surrogates. */
export const ALL_CODE_POINTS: Ranges = [0, 0xd7ff, 0xe000, MAX_CODE_POINT];

/** Sorts ranges and joins those that touch. */
export function union(...sets: Ranges[]): Ranges {
  const pairs: [number, number][] = [];
  for (const set of sets)
    for (let index = 0; index < set.length; index += 2) pairs.push([set[index]!, set[index + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [low, high] of pairs) {
    const last = joined.length - 1;
    if (last > 0 && low <= joined[last]! + 1) joined[last] = Math.max(joined[last]!, high);
    else joined.push(low, high);
  }
  return intersect(joined, ALL_CODE_POINTS);
}

export function intersect(a: Ranges, b: Ranges): Ranges {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const low = Math.max(a[i]!, b[j]!);
    const high = Math.min(a[i + 1]!, b[j + 1]!);
    if (low <= high) out.push(low, high);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return out;
}

export function complement(set: Ranges): Ranges {
  const out: number[] = [];
  let next = 0;
  for (let index = 0; index < set.length; index += 2) {
    if (set[index]! > next) out.push(next, set[index]! - 1);
    next = set[index + 1]! + 1;
  }
  if (next <= MAX_CODE_POINT) out.push(next, MAX_CODE_POINT);
  return intersect(out, ALL_CODE_POINTS);
}

export function contains(set: Ranges, codePoint: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < set[2 * middle]!) high = middle - 1;
    else if (codePoint > set[2 * middle + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}

export const DIGITS: Ranges = [0x30, 0x39];
export const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** ECMAScript's white space and line ends. */
export const SPACE: Ranges = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
];
/** What `.` matches: all but ECMAScript's line ends. */
export const DOT: Ranges = complement([0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]);
