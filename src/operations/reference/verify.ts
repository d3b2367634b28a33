import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadMachines } from '../../planning/machines/machine-catalogue.ts';
import { derivedFigures } from '../../planning/time/derived-figures.ts';
import { claims } from '../../reference/claims.ts';
import { pages } from '../../reference/page-index.ts';
import { claimsOf } from '../../reference/render-page.ts';
import { verifyClaims } from '../../reference/verify-claims.ts';
import { servingFigures } from '../../workflows/figures/serving-figures.ts';
import { trainingFigures } from '../../workflows/figures/training-figures.ts';
import { defineOperation } from '../operation.ts';

const checkSchema = z.object({
  id: z.string(),
  pages: z.array(z.string()),
  kind: z.enum(['derived', 'measured']),
  claim: z.string(),
  shown: z.string(),
  figure: z.number().nullable(),
  unit: z.string(),
  verdict: z.enum(['holds', 'differs', 'fails', 'not measured']),
  why: z.string().nullable(),
  how: z.string(),
  detail: z.string().nullable(),
});

export const referenceVerify = defineOperation({
  name: 'reference.verify',
  title: 'Verify the reference',
  description:
    'Checks every figure on the reference pages: recomputes the derived ones from the formulas, and measures the ' +
    'others by training, quantizing and serving a small model with the real engines (about a minute). Returns claim, ' +
    'our figure and verdict, and where reality is finer than the claim, why. Runs as a job.',
  effect: 'read',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  example: 'fts reference verify',
  input: z.object({
    measure: z.boolean().default(true).describe('Also measure, with the real engines'),
  }),
  output: z.object({
    checks: z.array(checkSchema),
    holds: z.number(),
    differs: z.number(),
    fails: z.number(),
    notMeasured: z.number(),
  }),
  async run({ measure }, context) {
    const figures = new Map<string, { value: number; detail?: string | undefined }>(
      derivedFigures(await loadMachines(context.home.root)),
    );
    if (measure) {
      const folder = await mkdtemp(join(context.home.cache, 'verify-'));
      try {
        const text = pages.map(({ body }) => body).join('\n');
        const measured = [
          ...(await trainingFigures(folder, context)),
          ...(await servingFigures(text, folder, context.config.values.threads, context)),
        ];
        for (const [id, figure] of measured) figures.set(id, figure);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    const checks = verifyClaims(claims, figures, measure).map(({ claim, figure, verdict, why }) => ({
      id: claim.id,
      pages: pages.filter((page) => claimsOf(page).includes(claim.id)).map(({ name }) => name),
      kind: claim.kind,
      claim: claim.says,
      shown: claim.shown,
      figure: figure?.value ?? null,
      unit: claim.unit,
      verdict,
      why,
      how: claim.how,
      detail: figure?.detail ?? null,
    }));
    const count = (verdict: string) => checks.filter((check) => check.verdict === verdict).length;
    return {
      checks,
      holds: count('holds'),
      differs: count('differs'),
      fails: count('fails'),
      notMeasured: count('not measured'),
    };
  },
  passed: ({ fails }) => fails === 0,
  render({ checks, holds, differs, fails, notMeasured }) {
    const lines = checks.map((check) => {
      const mark = { holds: '✓', differs: '≈', fails: '✗', 'not measured': '·' }[check.verdict];
      const figure = check.figure === null ? '-' : `${Number(check.figure.toPrecision(3))} ${check.unit}`;
      const why = check.why === null ? '' : `\n      ${check.why}`;
      const detail = check.detail === null ? '' : ` (${check.detail})`;
      return `${mark} ${check.claim}\n      ${check.kind}: ${figure}${detail}${why}`;
    });
    return [
      ...lines,
      '',
      `${holds} hold, ${differs} differ for a known reason, ${fails} fail, ${notMeasured} not measured`,
    ].join('\n');
  },
});
