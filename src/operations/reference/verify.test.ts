import { expect, it } from 'vitest';
import { loadMachines } from '../../planning/machines/machine-catalogue.ts';
import { derivedFigures } from '../../planning/time/derived-figures.ts';
import { claims } from '../../reference/claims.ts';
import { verifyClaims } from '../../reference/verify-claims.ts';

const figures = derivedFigures(await loadMachines('/nonexistent'));
const derived = claims.filter(({ kind }) => kind === 'derived');

it('derives every claim that says it is derived, and every one bears out', () => {
  const failing = verifyClaims(derived, figures, false).filter(({ verdict }) => verdict === 'fails');
  expect(failing.map(({ claim, figure, why }) => `${claim.id}: ${figure?.value} ${why}`)).toEqual([]);
});

it('derives nothing that no page claims', () => {
  const known = new Set(derived.map(({ id }) => id));
  expect([...figures.keys()].filter((id) => !known.has(id))).toEqual([]);
});

it('says where reality is finer than the usual statement', () => {
  const [check] = verifyClaims(
    derived.filter(({ id }) => id === 'int4-smaller-ideal'),
    figures,
    false,
  );
  expect(check).toMatchObject({ verdict: 'differs', figure: { value: 32 / 4.5 } });
  expect(check!.why).toMatch(/Scales/);
});

it.each(derived.map((claim) => [claim.id, claim] as const))('fails when %s is altered', (_, claim) => {
  const shift = (range: { from?: number; to?: number }) => ({
    ...(range.from === undefined ? {} : { from: range.from * 3 + 1e3 }),
    ...(range.to === undefined ? {} : { to: range.to * 3 + 1e3 }),
  });
  // A claim that is open upwards is altered by closing it far below.
  const altered =
    claim.holds.to === undefined ? { to: -1 } : { from: claim.holds.to * 3 + 1e3, to: claim.holds.to * 4 + 2e3 };
  const explained = claim.explained === undefined ? {} : { explained: { why: '', ...shift({ from: 1e6, to: 1e6 }) } };
  const [check] = verifyClaims([{ ...claim, holds: altered, ...explained }], figures, false);
  expect(check!.verdict).toBe('fails');
});
