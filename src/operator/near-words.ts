/** Longer words are not corrected: a word has as many forms with two letters deleted as the square of its length. */
const longestWord = 24;

interface NearWord {
  word: string;
  edits: number;
}

/** Words that a typing error could have turned into another: found by deleting letters (SymSpell's symmetric deletes). */
export class NearWords {
  readonly #byDeletion = new Map<string, Set<string>>();
  readonly #counts: ReadonlyMap<string, number>;
  readonly #cache = new Map<string, NearWord | undefined>();

  /** Words, with how often they are said: of two that are equally near, the commoner one is meant. */
  constructor(counts: ReadonlyMap<string, number>) {
    this.#counts = counts;
    for (const word of counts.keys()) {
      if (word.length < 4 || word.length > longestWord) continue;
      for (const form of deletions(word)) {
        const known = this.#byDeletion.get(form);
        if (known) known.add(word);
        else this.#byDeletion.set(form, new Set([word]));
      }
    }
  }

  /** The closest word within one edit (two for words of eight letters or more); a transposition is one edit. */
  nearest(word: string): NearWord | undefined {
    if (word.length < 4 || word.length > longestWord + 2) return undefined;
    if (this.#cache.has(word)) return this.#cache.get(word);
    const candidates = new Set(deletions(word).flatMap((form) => [...(this.#byDeletion.get(form) ?? [])]));
    let best: (NearWord & { cost: number }) | undefined;
    for (const candidate of candidates) {
      const edits = editDistance(word, candidate);
      const shortest = Math.min(word.length, candidate.length);
      if (edits > allowedEdits(shortest)) continue;
      // Two errors at the beginning of a word are rare: election, eviction.
      if (edits > 1 && candidate.slice(0, 2) !== word.slice(0, 2)) continue;
      const replaced = word.length === candidate.length && [...word].sort().join() !== [...candidate].sort().join();
      // Words of four letters have too many neighbours that are words themselves: shop, ship.
      if (replaced && shortest < 5) continue;
      const rarity = 1 / (2 + (this.#counts.get(candidate) ?? 0));
      const cost = edits + (candidate[0] === word[0] ? 0 : 0.5) + (replaced ? 0.1 : 0) + 0.2 * rarity;
      if (!best || cost < best.cost) best = { word: candidate, edits, cost };
    }
    const found = best && { word: best.word, edits: best.edits };
    if (this.#cache.size > 10_000) this.#cache.clear();
    this.#cache.set(word, found);
    return found;
  }
}

const allowedEdits = (length: number): number => (length >= 8 ? 2 : 1);

function deletions(word: string): string[] {
  const once = Array.from(word, (_, at) => word.slice(0, at) + word.slice(at + 1));
  const twice =
    word.length >= 7 ? once.flatMap((form) => Array.from(form, (_, at) => form.slice(0, at) + form.slice(at + 1))) : [];
  return [word, ...once, ...twice];
}

/** Optimal string alignment distance: insert, delete, replace, or swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, beforeLast[column - 2]! + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
