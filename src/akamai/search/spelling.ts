import { editDistance } from '../../operator/near-words.ts';

/** Shorter words have too many neighbours that are words themselves: shop, ship. */
const shortestWord = 5;
const mostRemembered = 5000;

/** What a word was meant to be that search does not know: a known word one typing error away, two in a long word. */
export class Spelling {
  readonly #known: ReadonlySet<string>;
  readonly #byInitial = new Map<string, string[]>();
  readonly #remembered = new Map<string, string | undefined>();

  /** The stems that mean something to search. */
  constructor(known: ReadonlySet<string>) {
    this.#known = known;
    for (const word of known) {
      if (word.length < shortestWord - 1) continue;
      const initial = word[0]!;
      const list = this.#byInitial.get(initial);
      if (list) list.push(word);
      else this.#byInitial.set(initial, [word]);
    }
  }

  /** The nearest known stem of the same initial, or undefined where the word is known or nothing is near. */
  meant(word: string): string | undefined {
    if (word.length < shortestWord || this.#known.has(word) || /\d/.test(word)) return undefined;
    if (this.#remembered.has(word)) return this.#remembered.get(word);
    const allowed = word.length >= 8 ? 2 : 1;
    let best: { word: string; edits: number } | undefined;
    for (const candidate of this.#byInitial.get(word[0]!) ?? []) {
      if (Math.abs(candidate.length - word.length) > allowed) continue;
      const edits = editDistance(word, candidate);
      if (edits <= allowed && (best === undefined || edits < best.edits)) best = { word: candidate, edits };
    }
    if (this.#remembered.size > mostRemembered) this.#remembered.clear();
    this.#remembered.set(word, best?.word);
    return best?.word;
  }
}
