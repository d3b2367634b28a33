import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../../store/atomic-file.ts';

/** One line of `metrics.jsonl`: the training metrics of a step, with the validation loss if it was measured. */
export const metricsLineSchema = z.object({
  step: z.int(),
  /** Mean training loss in nats per counted token. */
  loss: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  tokensPerSecond: z.number(),
  /** Counted tokens so far. */
  tokens: z.number(),
  /** Seconds of training so far. */
  seconds: z.number(),
  validationLoss: z.number().optional(),
});
export type MetricsLine = z.output<typeof metricsLineSchema>;

/** The metrics of a run, appended line by line. On resume, lines written after the last checkpoint are removed. */
export class MetricsLog {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the log of a run that has finished `step` steps. */
  static async open(path: string, step: number): Promise<MetricsLog> {
    const kept = (await readMetrics(path)).filter((line) => line.step <= step);
    await writeFileAtomic(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new MetricsLog(await open(path, 'a'));
  }

  async append(line: MetricsLine): Promise<void> {
    await this.#file.write(`${JSON.stringify(line)}\n`);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** All complete lines of a metrics file; a last line truncated by a crash is skipped. */
export async function readMetrics(path: string): Promise<MetricsLine[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = metricsLineSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

/**
 * Keeps one point of each group of consecutive points (one with a validation loss, if any) and always the last point.
 */
export function thinMetrics<Point extends { validationLoss?: number | undefined }>(
  points: readonly Point[],
  most: number,
): Point[] {
  const size = Math.max(1, Math.ceil(points.length / most));
  const kept = points.flatMap((first, index) => {
    if (index % size !== 0) return [];
    return [points.slice(index, index + size).find(({ validationLoss }) => validationLoss !== undefined) ?? first];
  });
  const last = points.at(-1);
  return last === undefined || kept.at(-1) === last ? kept : [...kept, last];
}
