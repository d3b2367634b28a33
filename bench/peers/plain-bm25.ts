import { stemmer } from 'stemmer';
import type { ApiOperation, Catalogue } from '../../src/akamai/catalogue/catalogue.ts';

const SATURATION = 1.2;
const DILUTION = 0.75;

/** The yardstick: textbook BM25 over each operation's API, path, id and documented title, stemmed, nothing else. */
export class PlainBm25 {
  readonly #operations: readonly ApiOperation[];
  readonly #documents: readonly string[][];
  readonly #frequency = new Map<string, number>();
  readonly #average: number;

  constructor(catalogue: Catalogue) {
    this.#operations = catalogue.operations;
    this.#documents = catalogue.operations.map((operation) =>
      words(
        `${operation.apiTitle} ${operation.path} ${operation.operationId} ${operation.keywords} ${operation.summary}`,
      ),
    );
    for (const document of this.#documents) {
      for (const word of new Set(document)) this.#frequency.set(word, (this.#frequency.get(word) ?? 0) + 1);
    }
    this.#average = this.#documents.reduce((sum, document) => sum + document.length, 0) / this.#documents.length;
  }

  search(request: string, limit: number): ApiOperation[] {
    const asked = words(request);
    const scored = this.#documents.map((document, index) => ({ index, score: this.#score(asked, document) }));
    scored.sort((a, b) => b.score - a.score);
    return scored.slice(0, limit).map(({ index }) => this.#operations[index]!);
  }

  #score(asked: readonly string[], document: readonly string[]): number {
    let score = 0;
    for (const word of asked) {
      const count = document.filter((other) => other === word).length;
      if (count === 0) continue;
      const known = this.#frequency.get(word)!;
      const idf = Math.log(1 + (this.#documents.length - known + 0.5) / (known + 0.5));
      const dilution = 1 - DILUTION + DILUTION * (document.length / this.#average);
      score += (idf * count * (SATURATION + 1)) / (count + SATURATION * dilution);
    }
    return score;
  }
}

function words(text: string): string[] {
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map(stemmer);
}
