import type { Generation } from './generation.ts';
import type { PlannedRows } from './step-plan.ts';

/** Drafts the next tokens. A wrong draft costs time but never changes the output. */
export interface Drafter {
  /** Up to `most` draft tokens to follow the generation's tokens; may be empty. */
  draft(generation: Generation, most: number): readonly number[];
  forget(generation: Generation): void;
}

/** Longest draft: on CPUs a step of 8 rows costs 4 to 5 times as much as a step of 1 row. */
const MOST_DRAFTED = 8;
/** Above this many streams the batch is large enough without drafts, which would only slow it. */
export const MOST_STREAMS = 4;
/** Least expected speedup for which a draft is made. */
const WORTHWHILE_GAIN = 1.08;
/** Tokens to generate without drafts after a stream's drafts stopped paying, before it drafts again. */
const RETRY_TOKENS = 96;
/** Weight of the newest measurement in the running averages of step times. */
const SMOOTHING = 0.2;
/** Default step time by number of rows, relative to one row, used until measured (7 B to 100 M models on AVX-512). */
const TYPICAL_COST = [1, 1, 1.7, 2.1, 2.4, 3, 3.5, 4, 4.5];

/** Accepted and rejected drafts of one stream, decayed over time, starting from a Beta prior of 3 hits in 4. */
interface Record {
  hits: number;
  misses: number;
  quietUntil: number;
}

/**
 * Decides when and how far to speculate (Leviathan et al. 2023): from each stream's acceptance rate and the measured
 * step times by batch size, it picks the draft length with the most expected tokens per second, or no draft.
 */
export class Speculation {
  private readonly drafter: Drafter;
  private readonly records = new Map<Generation, Record>();
  /** Milliseconds of a pure decode step by its number of rows. */
  private readonly stepMs: (number | undefined)[] = [];

  /** Milliseconds it takes to make one draft token. */
  private draftMs = 0;

  constructor(drafter: Drafter) {
    this.drafter = drafter;
  }

  /** Drafts for the decoding streams of a step; none while any stream of the group is still prefilling. */
  draft(group: readonly Generation[]): Map<Generation, readonly number[]> {
    const drafts = new Map<Generation, readonly number[]>();
    if (group.length > MOST_STREAMS || group.some((generation) => generation.remaining !== 1)) return drafts;
    for (const generation of group) {
      const most = Math.min(this.bestLength(generation, group.length), generation.allowance - 1);
      if (most <= 0) continue;
      const startedMs = performance.now();
      const guess = this.drafter.draft(generation, most);
      this.observeDraft(performance.now() - startedMs, guess.length);
      if (guess.length > 0) drafts.set(generation, guess);
    }
    return drafts;
  }

  private observeDraft(elapsedMs: number, length: number): void {
    if (length > 0) this.draftMs += SMOOTHING * (elapsedMs / length - this.draftMs);
  }

  /** Records the time of a decode step. */
  observe(rows: readonly PlannedRows[], elapsedMs: number): void {
    if (rows.some((planned) => planned.count !== 1)) return;
    const size = rows.reduce((sum, planned) => sum + 1 + planned.draft.length, 0);
    const known = this.stepMs[size];
    this.stepMs[size] = known === undefined ? elapsedMs : known + SMOOTHING * (elapsedMs - known);
  }

  /** Records how many draft tokens of a stream were accepted. */
  learn(generation: Generation, drafted: number, accepted: number): void {
    const record = this.record(generation);
    record.hits = record.hits * 0.9 + accepted;
    record.misses = record.misses * 0.9 + (accepted < drafted ? 1 : 0);
  }

  forget(generation: Generation): void {
    this.records.delete(generation);
    this.drafter.forget(generation);
  }

  private record(generation: Generation): Record {
    let record = this.records.get(generation);
    if (record === undefined) {
      record = { hits: 3, misses: 1, quietUntil: 0 };
      this.records.set(generation, record);
    }
    return record;
  }

  private bestLength(generation: Generation, streams: number): number {
    const record = this.record(generation);
    if (generation.generatedTokens < record.quietUntil) return 0;
    const acceptance = record.hits / (record.hits + record.misses);
    let best = 0;
    let bestGain = WORTHWHILE_GAIN;
    for (let length = 1; length <= MOST_DRAFTED; length++) {
      const expectedTokens = (1 - acceptance ** (length + 1)) / (1 - acceptance + 1e-9);
      const seconds = this.cost(streams + length) + (this.isMeasured ? length * this.draftMs : 0);
      const gain = expectedTokens / (seconds / this.cost(streams));
      if (gain > bestGain) {
        best = length;
        bestGain = gain;
      }
    }
    if (best === 0) {
      record.quietUntil = generation.generatedTokens + RETRY_TOKENS;
      record.hits = 3;
      record.misses = 1;
    }
    return best;
  }

  /** Milliseconds of a step of `rows` rows: measured, or scaled from the nearest measured size. */
  private cost(rows: number): number {
    const measured = this.stepMs[rows];
    if (measured !== undefined) return measured;
    const nearest = this.nearestMeasured(rows);
    return nearest === undefined ? typical(rows) : (this.stepMs[nearest]! * typical(rows)) / typical(nearest);
  }

  private get isMeasured(): boolean {
    return this.stepMs.length > 0;
  }

  private nearestMeasured(rows: number): number | undefined {
    let nearest: number | undefined;
    for (let size = 1; size < this.stepMs.length; size++) {
      if (this.stepMs[size] === undefined) continue;
      if (nearest === undefined || Math.abs(size - rows) < Math.abs(nearest - rows)) nearest = size;
    }
    return nearest;
  }
}

function typical(rows: number): number {
  return TYPICAL_COST[rows] ?? rows * 0.56;
}
