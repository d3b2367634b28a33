import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seedProperty } from '../../../testing/akamai-simulator/seed.ts';
import { openWorkbench, type Workbench } from '../../../testing/akamai-simulator/workbench.ts';
import { buildPropertyIndex, findProperties, requireProperty } from './property-index.ts';

let bench: Workbench;
const work = { report: () => {}, signal: new AbortController().signal };
afterEach(() => bench.close());

function seedLargeAccount(): void {
  for (let index = 0; index < 263; index++) {
    seedProperty(bench.simulator, `site-${index}.example.com`, {
      group: `grp_${100 + (index % 95)}`,
      hostnames: [`www.site-${index}.example.com`, `static-${index}.example.net`],
      active: index % 3 === 0 ? { STAGING: 1 } : { PRODUCTION: 1 },
    });
  }
}

describe('the index of a large account', () => {
  beforeEach(async () => {
    bench = await openWorkbench({ latencyMs: 50, maxConcurrent: 12 });
    seedLargeAccount();
  });

  it('holds 263 properties of 95 groups and their hostnames, within the limit on concurrency', async () => {
    const index = await buildPropertyIndex(bench.reads, {}, work);
    expect(index.properties).toHaveLength(263);
    expect(index.groups).toBe(95);
    expect(index.properties.every((property) => property.hostnames.length === 2)).toBe(true);
    expect(bench.simulator.highestConcurrency()).toBeLessThanOrEqual(12);
    expect(bench.audit.verify()).toMatchObject({ intact: true });
  });

  it('is complete in spite of refusals for haste, broken answers and failing pages', async () => {
    bench.simulator.faults.push(
      { path: /properties$/, kind: 'status', status: 429, retryAfterSeconds: 0, times: 5 },
      { path: /hostnames$/, kind: 'status', status: 500, times: 1 },
      { path: /properties$/, kind: 'truncate', times: 2 },
    );
    const index = await buildPropertyIndex(bench.reads, {}, work);
    expect(index.properties).toHaveLength(263);
    expect(index.properties.flatMap((property) => property.hostnames)).toHaveLength(526);
  });

  it('reads hostnames one by one where the account-wide list is refused, and tells of closed groups', async () => {
    bench.simulator.faults.push({ path: /v1\/hostnames$/, kind: 'status', status: 403 });
    bench.simulator.faults.push({ path: /v1\/properties$/, kind: 'status', status: 403, times: 1 });
    const index = await buildPropertyIndex(bench.reads, {}, work);
    expect(index.skipped).toHaveLength(1);
    expect(index.properties.every((property) => property.hostnames.length === 2)).toBe(true);
  });
});

describe('finding a property', () => {
  beforeEach(async () => {
    bench = await openWorkbench();
    for (const name of ['www.example-shop.com', 'shop-api.example.com', 'blog_example', 'Media Portal PROD']) {
      seedProperty(bench.simulator, name, {
        active: { PRODUCTION: 1 },
        hostnames: [`cdn.${name.replaceAll(' ', '-').toLowerCase()}`],
      });
    }
    seedProperty(bench.simulator, 'wild', { active: { PRODUCTION: 1 }, hostnames: ['*.tenant.example.org'] });
  });

  it.each([
    ['www.example-shop.com', 'www.example-shop.com'],
    ['exmaple shop', 'www.example-shop.com'],
    ['media portal', 'Media Portal PROD'],
    ['portal media', 'Media Portal PROD'],
    ['blog', 'blog_example'],
    ['shop api', 'shop-api.example.com'],
    ['https://acme.tenant.example.org/x?y=1', 'wild'],
    ['prp_2', 'shop-api.example.com'],
    ['cdn.blog_example', 'blog_example'],
  ])('%s finds %s', async (query, name) => {
    const index = await buildPropertyIndex(bench.reads, {}, work);
    expect(findProperties(index, query, 3)[0]?.propertyName).toBe(name);
  });

  it('names the candidates when several fit, and finds nothing for nonsense', async () => {
    const index = await buildPropertyIndex(bench.reads, {}, work);
    expect(() => requireProperty(index, 'example')).toThrow(/several/);
    expect(findProperties(index, 'zzzzqqqq', 3)).toEqual([]);
    expect(() => requireProperty(index, 'zzzzqqqq')).toThrow(/No property/);
  });
});
