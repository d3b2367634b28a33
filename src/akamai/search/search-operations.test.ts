import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Catalogue } from '../catalogue/catalogue.ts';
import { ACTION_PHRASES } from './jargon/action-phrases.ts';
import { API_NAMES } from './jargon/api-names.ts';
import { API_WORDS } from './jargon/api-words.ts';
import { CLOUD_PHRASES } from './jargon/cloud-phrases.ts';
import { DELIVERY_PHRASES } from './jargon/delivery-phrases.ts';
import { RESOURCE_PHRASES } from './jargon/resource-phrases.ts';
import { SECURITY_PHRASES } from './jargon/security-phrases.ts';
import { OperationSearch } from './search-operations.ts';

const catalogue = Catalogue.load();
const search = new OperationSearch(catalogue);
const evaluation = readFileSync(
  fileURLToPath(new URL('../../../bench/data/akamai-search.tsv', import.meta.url)),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => line.split('\t') as [set: string, kind: string, expected: string, text: string]);

function recallAt5(kind: string, set?: string): number {
  const chosen = evaluation.filter((row) => row[1] === kind && (set === undefined || row[0] === set));
  const hits = chosen.filter(([, , expected, text]) =>
    search
      .search(text, { limit: 5 })
      .some(({ api, operationId }) => expected.split(',').includes(`${api} ${operationId}`)),
  );
  return hits.length / chosen.length;
}

describe('search', () => {
  it('finds the right operation among five for plain requests and for hard paraphrases', () => {
    expect(recallAt5('plain')).toBeGreaterThanOrEqual(0.95);
    expect(recallAt5('hard')).toBeGreaterThanOrEqual(0.75);
    expect(recallAt5('hard', 'fresh')).toBeGreaterThanOrEqual(0.5);
  });

  it('returns full paths, best first, at most as many as asked', () => {
    const results = search.search('get the rule tree of a property version', { limit: 3 });
    expect(results).toHaveLength(3);
    expect(results[0]).toMatchObject({
      api: 'papi-v1',
      method: 'GET',
      path: '/papi/v1/properties/{propertyId}/versions/{propertyVersion}/rules',
      operationId: 'get-property-version-rules',
      effect: 'read',
    });
    expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it('keeps to the API, effect and method asked for', () => {
    for (const result of search.search('list groups', { api: 'papi', limit: 20 })) expect(result.api).toBe('papi-v1');
    for (const result of search.search('delete a zone', { effect: 'read', limit: 20 }))
      expect(result.effect).toBe('read');
    for (const result of search.search('property', { method: 'PATCH', limit: 20 })) expect(result.method).toBe('PATCH');
  });

  it('lets a sure proposal decide between what words find alike, ignores an unsure one, and never overrides words', () => {
    const propose = (request: string, confidence: number) => {
      const proposals = [{ api: 'ccu', operationId: 'post-delete-tag', confidence }];
      return search.search(request, { limit: 50, proposals });
    };
    const score = (confidence: number) =>
      propose('purge the cache tag shoes', confidence).find((result) => result.operationId === 'post-delete-tag')
        ?.score ?? 0;
    expect(score(0.95)).toBeGreaterThan(1.4 * score(0));
    expect(score(0.4)).toBe(score(0));
    expect(propose('list the VLANs', 0.99)[0]?.operationId).toBe('get-vlans');
  });

  it.each(['', '???', 'qqq zzz', '{"a":1}', '../../etc/passwd', 'x'.repeat(500)])('takes any text: %j', (text) => {
    expect(Array.isArray(search.search(text))).toBe(true);
  });

  it('has no jargon for an operation, resource or API that does not exist', () => {
    const names = new Set(catalogue.apis.map(({ id }) => id.replace(/-v\d+$/, '')));
    expect([...Object.keys(API_WORDS), ...Object.keys(API_NAMES)].filter((name) => !names.has(name))).toEqual([]);
    const operations = new Set(catalogue.operations.map((o) => `${o.api.replace(/-v\d+$/, '')} ${o.operationId}`));
    const segments = new Set(
      catalogue.operations.flatMap((o) => o.path.split('/').map((part) => `${o.api.replace(/-v\d+$/, '')} ${part}`)),
    );
    const keys = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => line.slice(0, line.indexOf(':')));
    const versionless = (key: string) => key.replace(/^(\S+?)-v\d+ /, '$1 ');
    const phrases = [DELIVERY_PHRASES, SECURITY_PHRASES, CLOUD_PHRASES].flatMap(keys);
    expect(phrases.filter((key) => !operations.has(versionless(key)))).toEqual([]);
    expect([RESOURCE_PHRASES, ACTION_PHRASES].flatMap(keys).filter((key) => !segments.has(key))).toEqual([]);
  });
});
