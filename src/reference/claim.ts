/** How the figure of a claim is obtained: derived from formulas, or measured by running the engines on this machine. */
type ClaimKind = 'derived' | 'measured';

/** One figure that a page states, as data: `verify` recomputes or measures it and compares. */
export interface Claim {
  /** Pages refer to it as `{{id}}`; also the name of the figure that it is compared with. */
  id: string;
  kind: ClaimKind;
  /** The claim in one sentence. */
  says: string;
  /** How the figure is written on the page. */
  shown: string;
  unit: string;
  /** The range of figures for which the claim holds, inclusive; a missing end is unbounded. */
  holds: { from?: number; to?: number };
  /** A wider range that is also acceptable, because the usual statement is a simplification, and the reason. */
  explained?: { from?: number; to?: number; why: string };
  /** How the figure is derived or measured, in a few words. */
  how: string;
}

/** A figure that was derived or measured. */
export interface Figure {
  value: number;
  /** The inputs of the figure: sizes, settings, the machine. */
  detail?: string | undefined;
}

/** The range from `share` below the value to `share` above it. */
export function around(value: number, share: number): Claim['holds'] {
  return { from: value * (1 - share), to: value * (1 + share) };
}
