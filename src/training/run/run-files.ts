import { join } from 'node:path';
import { writeLossCurve } from '../report/loss-curve.ts';
import { readMetrics } from '../report/metrics-log.ts';
import { writeEventFile } from '../report/tensorboard.ts';

/** Writes the loss curve and the TensorBoard event file of a run from its `metrics.jsonl`. */
export async function writeRunFiles(runFolder: string, name: string, startedAtSeconds: number): Promise<void> {
  const lines = await readMetrics(join(runFolder, 'metrics.jsonl'));
  for (const file of ['loss.svg', 'loss.png']) await writeLossCurve(join(runFolder, file), [{ name, lines }]);
  await writeEventFile(
    join(runFolder, 'events.out.tfevents.0.fts'),
    lines.map(({ step, seconds, loss, validationLoss, learningRate, gradientNorm, tokensPerSecond }) => ({
      step,
      wallTimeSeconds: startedAtSeconds + seconds,
      scalars: {
        'loss/train': loss,
        ...(validationLoss === undefined ? {} : { 'loss/validation': validationLoss }),
        learningRate,
        gradientNorm,
        tokensPerSecond,
      },
    })),
  );
}
