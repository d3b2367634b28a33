/** One report of a long-running work: cheap to make, so that a loop may report every step. */
export interface Progress {
  /** What is being done, in a word or two: `train`, `quantize layer 3`. */
  stage: string;
  /** Units done and to do; `total` is left out while it is not known. */
  done: number;
  total?: number;
  unit?: 'steps' | 'tokens' | 'bytes' | 'layers' | 'requests' | 'items';
  /** Figures to show beside it: `{ loss: 2.31, 'tok/s': 18000 }`. */
  metrics?: Record<string, number>;
  /** A line worth keeping in the log (a sample text, a warning). */
  note?: string;
}

export type ReportProgress = (progress: Progress) => void;

/** What every long-running domain function takes beside its own arguments. */
export interface Work {
  report: ReportProgress;
  signal: AbortSignal;
}
