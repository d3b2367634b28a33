/** One measured case. `ratio` is ours over the peer's, whichever direction is better; null where there is no peer. */
export interface BenchRow {
  case: string;
  ours: number;
  peer: number | null;
  peerName: string;
  unit: string;
  ratio: number | null;
  higherIsBetter: boolean;
  /** Why there is no peer figure. */
  reason?: string;
}

export interface BenchResult {
  rows: BenchRow[];
  /** Lines printed under the table: what was measured, and how. */
  notes?: string[];
}

/** What every file `bench/NAME.ts` exports by default. It gets the words behind NAME. */
export type Bench = (args: string[]) => Promise<BenchResult>;
