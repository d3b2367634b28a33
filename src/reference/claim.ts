/** How the figure behind a claim is come by: recomputed from formulas, or measured by running the engines here. */
type ClaimKind = 'derived' | 'measured';

/** One figure that a page states, as data: `verify` recomputes or measures it and compares. */
export interface Claim {
  /** Referred to by pages as `{{id}}`; also the name of the figure that bears it out. */
  id: string;
  kind: ClaimKind;
  /** The claim in one sentence. */
  says: string;
  /** How the figure is written on the page. */
  shown: string;
  unit: string;
  /** What the figure may be for the claim to hold: both ends belong to it; an end left out is open. */
  holds: { from?: number; to?: number };
  /** Where reality is known to be finer than the usual statement: the wider range that is still explained, and why. */
  explained?: { from?: number; to?: number; why: string };
  /** How the figure is derived or measured, in a few words. */
  how: string;
}

/** A figure that was derived or measured. */
export interface Figure {
  value: number;
  /** What it was obtained from: sizes, settings, the machine. */
  detail?: string | undefined;
}

/** What holds for a stated value: it and `share` of it to either side. */
export function around(value: number, share: number): Claim['holds'] {
  return { from: value * (1 - share), to: value * (1 + share) };
}
