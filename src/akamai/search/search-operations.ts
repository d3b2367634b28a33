import type { ApiOperation, Catalogue } from '../catalogue/catalogue.ts';
import type { CallEffect, HttpMethod } from '../catalogue/facts.ts';
import { expandRequest } from './expand-request.ts';
import { intentFactor, intentOf } from './intent.ts';
import { SearchIndex } from './search-index.ts';

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
/** Weight of the API's subject beside the operation's own words. */
const API_WEIGHT = 0.42;
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

  constructor(catalogue: Catalogue) {
    this.#index = new SearchIndex(catalogue.operations);
    this.#prior = priors(catalogue.operations);
  }

  search(request: string, options: SearchOptions = {}): SearchResult[] {
    const { operations, apiOf } = this.#index;
    const terms = expandRequest(request);
    const intent = intentOf(request.toLowerCase().trim());
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
    const ranked: { operation: ApiOperation; score: number }[] = [];
    for (const [document, operation] of operations.entries()) {
      const own = scores[document]!;
      if (!allowed(operation, options)) continue;
      const proposed = proposalOf(operation, options);
      if (own === 0 && proposed === 0) continue;
      const coverage = total === 0 ? 0 : covered[document]! / total;
      const subject = apiScores[apiOf[document]!]!;
      const lexical = (own * (0.6 + 0.4 * coverage) + API_WEIGHT * subject) * this.#prior[document]!;
      ranked.push({ operation, score: lexical * intentFactor(intent, operation) });
    }
    const best = ranked.reduce((highest, { score }) => Math.max(highest, score), 1);
    for (const entry of ranked) entry.score += best * proposalOf(entry.operation, options);
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

/** Newest versions before older ones of the same API, everyday APIs a little before rare ones. */
function priors(operations: readonly ApiOperation[]): Float64Array {
  const newest = new Map<string, string>();
  const nameOf = (operation: ApiOperation) => operation.api.replace(/-v\d+$/, '');
  for (const operation of operations) {
    const known = newest.get(nameOf(operation));
    if (known === undefined || operation.api > known) newest.set(nameOf(operation), operation.api);
  }
  return Float64Array.from(operations, (operation) => {
    const name = nameOf(operation);
    return (EVERYDAY[name] ?? 1) * (newest.get(name) === operation.api ? 1 : OLDER_VERSION);
  });
}
