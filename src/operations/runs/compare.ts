import { join } from 'node:path';
import { z } from 'zod';
import { fileToWriteSchema, overwriteField, textOf } from '../../inputs/file-inputs.ts';
import { runIdSchema } from '../../inputs/names.ts';
import { drawLossCurve } from '../../training/report/loss-curve.ts';
import { readMetrics } from '../../training/report/metrics-log.ts';
import { defineOperation } from '../operation.ts';

export const runsCompare = defineOperation({
  name: 'runs.compare',
  title: 'Compare training runs',
  description:
    'Sets training runs side by side: losses, speed, and the settings in which they differ. With `plot` it also draws their loss curves into a file.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['ids'],
  example: 'fts runs compare job-mb1x2y-3f9a1c job-mb1x9k-77e0d2 --plot curves.png',
  input: z.object({
    ids: z.array(runIdSchema).min(2).max(6).describe('The runs'),
    plot: fileToWriteSchema.optional().describe('File to draw the loss curves into: an .svg or a .png'),
    overwrite: overwriteField,
  }),
  output: z.object({
    runs: z.array(
      z.object({
        id: z.string(),
        model: z.string(),
        steps: z.number(),
        trainingLoss: z.number().nullable(),
        validationLoss: z.number().nullable(),
        tokensPerSecond: z.number().nullable(),
        seconds: z.number(),
      }),
    ),
    /** Settings that are not the same in all of them, by run. */
    differences: z.record(z.string(), z.array(z.unknown())),
    plot: z.string().nullable(),
  }),
  async run({ ids, plot: given, overwrite }, { registry, files }) {
    const found = await Promise.all(
      ids.map(async (id) => {
        const run = registry.run(id);
        return { run, lines: await readMetrics(join(run.directory, 'metrics.jsonl')) };
      }),
    );
    const names = [...new Set(found.flatMap(({ run }) => Object.keys(run.settings)))];
    const differing = names
      .map((name) => [name, found.map(({ run }) => run.settings[name] ?? null)] as const)
      .filter(([, values]) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
    let plot: string | null = null;
    if (given !== undefined) {
      const curves = found.map(({ run, lines }) => ({ name: `${run.model} ${run.id}`, lines }));
      const drawing = await drawLossCurve(textOf(given), curves);
      const written = await files.write({ field: 'plot', given, overwrite }, (file) => file.writeFile(drawing));
      plot = written.place;
    }
    return {
      runs: found.map(({ run, lines }) => {
        const recent = lines.slice(-20);
        const last = lines.at(-1);
        return {
          id: run.id,
          model: run.model,
          steps: last?.step ?? 0,
          trainingLoss: recent.length === 0 ? null : recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length,
          validationLoss: lines.findLast(({ validationLoss }) => validationLoss !== undefined)?.validationLoss ?? null,
          tokensPerSecond: last?.tokensPerSecond ?? null,
          seconds: last?.seconds ?? 0,
        };
      }),
      differences: Object.fromEntries(differing),
      plot,
    };
  },
});
