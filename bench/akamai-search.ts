// How often search finds the right operation, and how fast: npm run bench -- akamai-search
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../src/akamai/catalogue/catalogue.ts';
import { OperationSearch } from '../src/akamai/search/search-operations.ts';
import { median, percentile } from '../src/statistics/distribution.ts';
import type { BenchResult, BenchRow } from './bench.ts';
import { PlainBm25 } from './peers/plain-bm25.ts';

interface Request {
  set: string;
  kind: string;
  expected: string[];
  text: string;
}

/**
 * One request per line: set, kind (plain or hard), operations that are right, text. `everyday` was written before the
 * search; `sampled` is for operations drawn at random, and was looked at while the jargon grew; `fresh` was drawn and
 * written after that, `last` when the jargon was finished.
 */
export function evaluationRequests(): Request[] {
  const text = readFileSync(join(import.meta.dirname, 'data/akamai-search.tsv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [set = '', kind = '', expected = '', request = ''] = line.split('\t');
      return { set, kind, expected: expected.split(','), text: request };
    });
}

export default async function akamaiSearch(): Promise<BenchResult> {
  const catalogue = Catalogue.load();
  const loads = Array.from({ length: 7 }, () => timed(() => Catalogue.load()));
  const search = new OperationSearch(catalogue);
  const plain = new PlainBm25(catalogue);
  const requests = evaluationRequests();
  for (const { text } of requests) search.search(text); // warm
  const times: number[] = [];
  const ranks = requests.map(({ text, expected }) => {
    let found: { api: string; operationId: string }[] = [];
    times.push(
      timed(() => {
        found = search.search(text, { limit: 5 });
      }),
    );
    const rank = (results: readonly { api: string; operationId: string }[]) =>
      results.findIndex(({ api, operationId }) => expected.includes(`${api} ${operationId}`));
    return { ours: rank(found), peer: rank(plain.search(text, 5)) };
  });
  const rows: BenchRow[] = [];
  const groups = new Map<string, number[]>();
  for (const [index, { set, kind }] of requests.entries()) {
    for (const name of [`${set} ${kind}`, `all ${kind}`]) groups.set(name, [...(groups.get(name) ?? []), index]);
  }
  for (const [name, indexes] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const at of [1, 5]) {
      const recall = (side: 'ours' | 'peer') =>
        indexes.filter((index) => ranks[index]![side] >= 0 && ranks[index]![side] < at).length / indexes.length;
      const [ours, peer] = [recall('ours'), recall('peer')];
      rows.push({
        case: `${name}: recall@${at} (${indexes.length} requests)`,
        ours,
        peer,
        peerName: 'BM25 over names and summaries',
        unit: 'share',
        ratio: peer === 0 ? null : ours / peer,
        higherIsBetter: true,
        ...(peer === 0 ? { reason: 'peer found none' } : {}),
      });
    }
  }
  const alone = { peer: null, peerName: '', ratio: null, higherIsBetter: false, reason: 'our own limit' };
  rows.push({
    case: 'search, p95',
    ours: percentile(
      times.toSorted((a, b) => a - b),
      0.95,
    ),
    unit: 'ms (limit 15)',
    ...alone,
  });
  rows.push({ case: 'search, median', ours: median(times), unit: 'ms', ...alone });
  rows.push({ case: 'catalogue load, median', ours: median(loads), unit: 'ms (limit 60)', ...alone });
  return { rows };
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
