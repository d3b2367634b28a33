import { describe, expect, it } from 'vitest';
import type { Claim } from './claim.ts';
import { claims } from './claims.ts';
import { pages } from './page-index.ts';
import { claimsOf, pageDiagrams, renderPage } from './render-page.ts';
import { verifyClaims } from './verify-claims.ts';

/** Names that contain digits but are not figures: formats, products, formulas, and the rows of the table of sizes. */
const names =
  /FP32|FP16|BF16|FP8|INT8|INT4|Q4_0|[HA]100s?|M4( Max)?|Llama 3\.1( 8B)?|E2E|ZeRO-3|\b16 bits|\b(3\.8|8|70|405) (B|billion)\b/g;

describe.each(pages.map((page) => [page.name, page] as const))('page %s', (_, page) => {
  it('states no figure that is not a claim', () => {
    const prose = page.body.replaceAll(/\{\{[\w.-]+\}\}/g, '').replaceAll(names, '');
    expect(prose.match(/.{0,30}\d.{0,30}/g)).toBeNull();
  });
  it('refers only to claims that exist, and marks how each is known', () => {
    const text = renderPage(page);
    expect(text).not.toContain('{{');
    if (claimsOf(page).length > 0) expect(text).toMatch(/[ᵈᵐ]/);
  });
  it('draws its diagrams with a title and a text alternative', () => {
    for (const svg of pageDiagrams(page).values()) {
      expect(svg).toMatch(/^<svg [^>]*role="img"/);
      expect(svg).toContain('<desc>');
      expect(svg).not.toMatch(/NaN|undefined/);
    }
  });
});

it('has no claim that no page states', () => {
  const stated = new Set(pages.flatMap(claimsOf));
  expect(claims.map(({ id }) => id).filter((id) => !stated.has(id))).toEqual([]);
});

it('has no claim twice, and none that any figure would satisfy', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  for (const { holds } of claims) expect(holds.from ?? holds.to).toBeDefined();
});

describe('verdicts', () => {
  const claim: Claim = {
    id: 'x',
    kind: 'derived',
    says: '',
    shown: '8 times',
    unit: '×',
    holds: { from: 7.9, to: 8.1 },
    explained: { from: 7, to: 8, why: 'scales' },
    how: '',
  };
  const verdict = (value: number | null, changed: Partial<Claim> = {}, measuring = true) =>
    verifyClaims([{ ...claim, ...changed }], new Map(value === null ? [] : [['x', { value }]]), measuring)[0]!;
  it('holds inside the range, differs with a reason inside the explained range, and fails elsewhere', () => {
    expect(verdict(8).verdict).toBe('holds');
    expect(verdict(7.1)).toMatchObject({ verdict: 'differs', why: 'scales' });
    expect(verdict(6.9).verdict).toBe('fails');
    expect(verdict(Number.NaN).verdict).toBe('fails');
  });
  it('fails without a figure, unless measuring was skipped', () => {
    expect(verdict(null).verdict).toBe('fails');
    expect(verdict(null, {}, false).verdict).toBe('fails');
    expect(verdict(null, { kind: 'measured' }, false).verdict).toBe('not measured');
  });
});
