import type { Claim, Figure } from './claim.ts';

type Verdict =
  | 'holds'
  | 'differs' // outside `holds`, inside `explained`
  | 'fails' // outside both, or not a number
  | 'not measured'; // a measured claim, when measuring was not asked for

export interface CheckedClaim {
  claim: Claim;
  figure: Figure | null;
  verdict: Verdict;
  why: string | null;
}

/**
 * Compares every claim with its figure. A derived claim without a figure fails, so that nothing on a page goes
 * unchecked. A measured claim without a figure fails unless `measuring` is false.
 */
export function verifyClaims(
  claims: readonly Claim[],
  figures: ReadonlyMap<string, Figure>,
  measuring: boolean,
): CheckedClaim[] {
  return claims.map((claim) => {
    const figure = figures.get(claim.id) ?? null;
    if (figure === null) {
      return claim.kind === 'measured' && !measuring
        ? { claim, figure, verdict: 'not measured', why: null }
        : { claim, figure, verdict: 'fails', why: 'No figure was obtained for this claim.' };
    }
    if (within(figure.value, claim.holds)) return { claim, figure, verdict: 'holds', why: null };
    if (claim.explained !== undefined && within(figure.value, claim.explained)) {
      return { claim, figure, verdict: 'differs', why: claim.explained.why };
    }
    return { claim, figure, verdict: 'fails', why: `Expected ${rangeText(claim)}.` };
  });
}

function within(value: number, { from, to }: { from?: number; to?: number }): boolean {
  return Number.isFinite(value) && (from === undefined || value >= from) && (to === undefined || value <= to);
}

function rangeText({ holds: { from, to }, unit }: Claim): string {
  if (from === undefined) return `at most ${to} ${unit}`;
  if (to === undefined) return `at least ${from} ${unit}`;
  return `${from} to ${to} ${unit}`;
}
