import type { ApiOperation, Catalogue } from '../catalogue/catalogue.ts';
import type { CallEffect, HttpMethod } from '../catalogue/facts.ts';
import { everydayStems, expandRequest } from './expand-request.ts';
import { intentFactor, intentOf } from './intent.ts';
import { API_NAMES } from './jargon/api-names.ts';
import { numberFactor, numbersOf } from './number-agreement.ts';
import { type OperationTraits, traitsOf } from './operation-traits.ts';
import { SearchIndex } from './search-index.ts';
import { Spelling } from './spelling.ts';

export interface SearchOptions {
  limit?: number | undefined;
  /** Only this API: `papi` or `papi-v1`. */
  api?: string | undefined;
  effect?: CallEffect | undefined;
  method?: HttpMethod | undefined;
  /** Operations that something surer than words proposes (the operator model), with its confidence in [0, 1]. */
  proposals?: readonly { api: string; operationId: string; confidence: number }[] | undefined;
}

export interface SearchResult {
  api: string;
  method: HttpMethod;
  /** Full path with its base. */
  path: string;
  operationId: string;
  effect: CallEffect;
  summary: string;
  /** Higher is better; comparable within one search only. */
  score: number;
}

/** A proposal counts from this confidence on. */
const SURE = 0.8;
/**
 * How much a sure proposal counts. It decides between operations that words find about as good; it never overrides them:
 * a model that knows forty operations is sure of one of them for requests about others, too.
 */
const PROPOSAL_WEIGHT = 0.5;
/** Weight of the API's subject beside the operation's own words. */
const API_WEIGHT = 0.42;
/** The finer factors are worked out for this many of the best by words alone. */
const RERANKED = 400;
/** An API that the request names outright. */
const NAMED_API = 1.3;
/** How much a request that nearly is an operation's formal name counts beyond its words. */
const NAME_WEIGHT = 0.9;
/** Operations that most requests mean when words alone leave it open. */
const EVERYDAY: Readonly<Record<string, number>> = {
  papi: 1.06,
  ccu: 1.06,
  edgeworkers: 1.04,
  edgekv: 1.03,
  'config-dns': 1.04,
  cps: 1.03,
  appsec: 1.03,
  linode: 1.02,
};
const OLDER_VERSION = 0.93;

/** Finds operations for a request in plain words: BM25F over names and jargon, the API's subject, and the intent. */
export class OperationSearch {
  readonly #index: SearchIndex;
  readonly #prior: Float64Array;
  readonly #traits: readonly OperationTraits[];
  readonly #spelling: Spelling;

  constructor(catalogue: Catalogue) {
    this.#index = new SearchIndex(catalogue.operations);
    this.#traits = catalogue.operations.map(traitsOf);
    this.#prior = priors(this.#traits);
    this.#spelling = new Spelling(new Set([...this.#index.vocabulary(), ...everydayStems()]));
  }

  search(request: string, options: SearchOptions = {}): SearchResult[] {
    const { operations, apiOf } = this.#index;
    const text = request.toLowerCase().trim();
    const { own: asked, terms } = expandRequest(request, this.#spelling);
    const intent = intentOf(text);
    const numbers = numbersOf(text);
    const named = apisNamedIn(text);
    const apiScores = this.#index.apiScores(terms);
    const scores = new Float64Array(operations.length);
    const covered = new Float64Array(operations.length);
    let total = 0;
    for (const [term, weight] of terms) {
      const idf = this.#index.idf(term);
      if (!this.#index.knows(term)) continue;
      total += weight * idf;
      for (const posting of this.#index.postings(term)) {
        scores[posting.document]! += weight * idf * SearchIndex.saturate(posting.weight);
        covered[posting.document]! += weight * idf;
      }
    }
    const candidates: { document: number; operation: ApiOperation; lexical: number }[] = [];
    for (const [document, operation] of operations.entries()) {
      const own = scores[document]!;
      if (!allowed(operation, options) || own === 0) continue;
      const coverage = total === 0 ? 0 : covered[document]! / total;
      const subject = apiScores[apiOf[document]!]!;
      const lexical = (own * (0.6 + 0.4 * coverage) + API_WEIGHT * subject) * this.#prior[document]!;
      candidates.push({ document, operation, lexical });
    }
    candidates.sort((a, b) => b.lexical - a.lexical);
    const ranked: { operation: ApiOperation; score: number }[] = [];
    for (const { document, operation, lexical } of candidates.slice(0, RERANKED)) {
      const traits = this.#traits[document]!;
      const name = this.#index.nameMatch(document, asked);
      const score =
        lexical *
        (1 + NAME_WEIGHT * name * name) *
        (named.has(traits.name) ? NAMED_API : 1) *
        intentFactor(intent, traits) *
        numberFactor(numbers, traits) *
        (1 + PROPOSAL_WEIGHT * proposalOf(operation, options));
      ranked.push({ operation, score });
    }
    ranked.sort((a, b) => b.score - a.score);
    return ranked.slice(0, options.limit ?? 10).map(({ operation, score }) => ({
      api: operation.api,
      method: operation.method,
      path: operation.path,
      operationId: operation.operationId,
      effect: operation.effect,
      summary: operation.summary,
      score: Math.round(score * 1000) / 1000,
    }));
  }
}

function allowed(operation: ApiOperation, options: SearchOptions): boolean {
  const { api, effect, method } = options;
  if (api !== undefined && operation.api !== api && operation.api.replace(/-v\d+$/, '') !== api) return false;
  return (effect === undefined || operation.effect === effect) && (method === undefined || operation.method === method);
}

function proposalOf(operation: ApiOperation, options: SearchOptions): number {
  const found = options.proposals?.find(
    ({ api, operationId }) => operationId === operation.operationId && operation.api.startsWith(api),
  );
  return found && found.confidence >= SURE ? found.confidence : 0;
}

function apisNamedIn(text: string): ReadonlySet<string> {
  const padded = ` ${text.replace(/[^a-z0-9&]+/g, ' ')} `;
  const names = Object.entries(API_NAMES).filter(([, said]) => said.some((name) => padded.includes(` ${name} `)));
  return new Set(names.map(([api]) => api));
}

/** Newest versions before older ones of the same API, everyday APIs a little before rare ones. */
function priors(traits: readonly OperationTraits[]): Float64Array {
  const newest = new Map<string, string>();
  for (const { name, operation } of traits) {
    const known = newest.get(name);
    if (known === undefined || operation.api > known) newest.set(name, operation.api);
  }
  return Float64Array.from(
    traits,
    ({ name, operation }) => (EVERYDAY[name] ?? 1) * (newest.get(name) === operation.api ? 1 : OLDER_VERSION),
  );
}
