import { stemmer } from 'stemmer';
import type { ApiOperation } from '../catalogue/catalogue.ts';
import { allWordsOf, wordsOf } from '../catalogue/words.ts';
import { ACTION_PHRASES } from './jargon/action-phrases.ts';
import { API_WORDS } from './jargon/api-words.ts';
import { CLOUD_PHRASES } from './jargon/cloud-phrases.ts';
import { DELIVERY_PHRASES } from './jargon/delivery-phrases.ts';
import { RESOURCE_PHRASES } from './jargon/resource-phrases.ts';
import { SECURITY_PHRASES } from './jargon/security-phrases.ts';

const FIELDS = ['resource', 'path', 'keywords', 'id', 'phrases', 'subject', 'context', 'terms'] as const;
type Field = (typeof FIELDS)[number];

/** BM25F: how much a word in each field counts, and how much a long field dilutes it. */
const FIELD_WEIGHT: Record<Field, number> = {
  resource: 2.2,
  path: 0.7,
  keywords: 2.4,
  id: 1.2,
  phrases: 2.6,
  subject: 1.8,
  context: 0.6,
  terms: 0.45,
};
const FIELD_LENGTH_WEIGHT: Record<Field, number> = {
  resource: 0.5,
  path: 0.4,
  keywords: 0.5,
  id: 0.5,
  phrases: 0.35,
  subject: 0.35,
  context: 0.35,
  terms: 0.5,
};
const SATURATION = 1.3;

interface Posting {
  document: number;
  /** Weighted, length-normalised frequency over all fields. */
  weight: number;
}

/** The inverted index over operations, and one over APIs. */
export class SearchIndex {
  readonly operations: readonly ApiOperation[];
  readonly apiOf: readonly number[];
  readonly #postings = new Map<string, Posting[]>();
  readonly #apiPostings = new Map<string, Set<number>>();
  readonly #apiCount: number;
  readonly #idf = new Map<string, number>();
  /** Each operation's formal name: the words of its documented title and section, and those of its path. */
  readonly #names: readonly { title: readonly string[]; all: ReadonlySet<string> }[];

  constructor(operations: readonly ApiOperation[]) {
    this.operations = operations;
    const apis = [...new Set(operations.map((operation) => operation.api))];
    const apiIndex = new Map(apis.map((api, index) => [api, index]));
    this.#apiCount = apis.length;
    this.apiOf = operations.map((operation) => apiIndex.get(operation.api)!);
    const phrases = phrasesByOperation();
    const documents = operations.map((operation) => fieldsOf(operation, phrases));
    this.#names = documents.map((fields, document) => ({
      title: [...new Set(fields.keywords)],
      all: new Set([
        ...fields.keywords,
        ...fields.resource,
        ...fields.path,
        ...fields.id,
        ...stems(operations[document]!.apiTitle),
      ]),
    }));
    const average = averageLengths(documents);
    for (const [document, fields] of documents.entries()) this.#addDocument(document, fields, average);
    for (const operation of operations) this.#addApi(apiIndex.get(operation.api)!, operation);
  }

  postings(term: string): readonly Posting[] {
    return this.#postings.get(term) ?? [];
  }

  knows(term: string): boolean {
    return this.#postings.has(term) || this.#apiPostings.has(term);
  }

  vocabulary(): Set<string> {
    return new Set([...this.#postings.keys(), ...this.#apiPostings.keys()]);
  }

  /** Rareness of a word among operations. */
  idf(term: string): number {
    let idf = this.#idf.get(term);
    if (idf === undefined) {
      const count = this.postings(term).length;
      idf = Math.log(1 + (this.operations.length - count + 0.5) / (count + 0.5));
      this.#idf.set(term, idf);
    }
    return idf;
  }

  /** BM25's saturation: each further occurrence counts less. */
  static saturate(weight: number): number {
    return weight / (weight + SATURATION);
  }

  /**
   * How closely a request's own words are an operation's formal name, in [0, 1]: the weighed Dice coefficient of the
   * words of the request and of the title, where words of the path and the API count as known.
   */
  nameMatch(document: number, own: ReadonlyMap<string, number>): number {
    const { title, all } = this.#names[document]!;
    let asked = 0;
    let known = 0;
    for (const [term, weight] of own) {
      const mass = weight * this.idf(term);
      asked += mass;
      if (all.has(term)) known += mass;
    }
    let named = 0;
    let met = 0;
    for (const term of title) {
      const mass = this.idf(term);
      named += mass;
      if (own.has(term)) met += mass;
    }
    return asked + named === 0 ? 0 : (known + met) / (asked + named);
  }

  /** For each API, how much of a weighed set of words belongs to its subject. */
  apiScores(terms: ReadonlyMap<string, number>): Float64Array {
    const scores = new Float64Array(this.#apiCount);
    for (const [term, weight] of terms) {
      const apis = this.#apiPostings.get(term);
      if (!apis) continue;
      const idf = Math.log(1 + (this.#apiCount - apis.size + 0.5) / (apis.size + 0.5));
      for (const api of apis) scores[api]! += weight * idf;
    }
    return scores;
  }

  #addDocument(document: number, fields: Record<Field, string[]>, average: Record<Field, number>): void {
    const weights = new Map<string, number>();
    for (const field of FIELDS) {
      const words = fields[field];
      const dilution = FIELD_LENGTH_WEIGHT[field];
      const norm = 1 - dilution + dilution * (words.length / average[field]);
      for (const word of words) weights.set(word, (weights.get(word) ?? 0) + FIELD_WEIGHT[field] / norm);
    }
    for (const [word, weight] of weights) {
      const list = this.#postings.get(word);
      if (list) list.push({ document, weight });
      else this.#postings.set(word, [{ document, weight }]);
    }
  }

  #addApi(api: number, operation: ApiOperation): void {
    const name = operation.api.replace(/-v\d+$/, '');
    for (const word of stems(`${operation.apiTitle} ${name} ${API_WORDS[name] ?? ''}`)) {
      const apis = this.#apiPostings.get(word);
      if (apis) apis.add(api);
      else this.#apiPostings.set(word, new Set([api]));
    }
  }
}

const stemCache = new Map<string, string>();

/** Words of a text, each reduced to its stem: `activations` and `activated` are both `activ`. */
export function stems(text: string): string[] {
  return wordsOf(text).map(stemOf);
}

/** Stems of all words, the little ones too. */
export function allStems(text: string): string[] {
  return allWordsOf(text).map(stemOf);
}

/** The same for the catalogue's own words, which are split and cleaned already. */
function stemsOfWords(words: string): string[] {
  return words === '' ? [] : words.split(' ').map(stemOf);
}

function stemOf(word: string): string {
  let stem = stemCache.get(word);
  if (stem === undefined) {
    stem = stemmer(word);
    stemCache.set(word, stem);
  }
  return stem;
}

function fieldsOf(operation: ApiOperation, phrases: ReadonlyMap<string, string>): Record<Field, string[]> {
  const fixed = operation.path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
  const name = operation.api.replace(/-v\d+$/, '');
  const said =
    phrases.get(`${operation.api} ${operation.operationId}`) ?? phrases.get(`${name} ${operation.operationId}`);
  const subjects = fixed.map((segment) => phrases.get(`${name} ${segment}`) ?? '');
  return {
    resource: stems(fixed.at(-1) ?? ''),
    path: stems(fixed.slice(0, -1).join(' ')),
    keywords: stemsOfWords(operation.keywords),
    id: stems(operation.operationId),
    phrases: [...new Set(stems(said ?? ''))],
    subject: [...new Set(stems(subjects.at(-1) ?? ''))],
    context: [...new Set(stems(subjects.slice(0, -1).join(' ')))],
    terms: stemsOfWords(operation.terms),
  };
}

function averageLengths(documents: readonly Record<Field, string[]>[]): Record<Field, number> {
  const average = {} as Record<Field, number>;
  for (const field of FIELDS) {
    const filled = documents.filter((fields) => fields[field].length > 0);
    average[field] = filled.reduce((sum, fields) => sum + fields[field].length, 0) / Math.max(1, filled.length);
  }
  return average;
}

/** `api operationId: words` and `api segment: words` lines. An API without a version stands for all its versions. */
function phrasesByOperation(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const line of [DELIVERY_PHRASES, SECURITY_PHRASES, CLOUD_PHRASES, RESOURCE_PHRASES, ACTION_PHRASES]
    .join('')
    .split('\n')) {
    const match = /^(\S+) (\S+): (.+)$/.exec(line);
    if (match) map.set(`${match[1]} ${match[2]}`, match[3]!);
  }
  return map;
}
