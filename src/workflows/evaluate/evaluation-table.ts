import { z } from 'zod';
import { textTable } from '../../text/text-table.ts';

/** The figures of one artifact. */
export const evaluationRowSchema = z.object({
  artifact: z.string(),
  bytes: z.number(),
  bitsPerWeight: z.number(),
  /** exp of the mean loss per token: of the answers to held-out requests, or of the text that was given. */
  perplexity: z.number(),
  /** Against the first artifact, as a fraction: 0.01 is 1 % worse. */
  perplexityChange: z.number(),
  /** On a text: the standard error of that change, paired token by token. */
  perplexityChangeError: z.number().optional(),
  /** On a text, against the first: KL divergence in nats, and how often both put the same token first. */
  meanKlDivergence: z.number().optional(),
  klDivergence99: z.number().optional(),
  topOneAgreement: z.number().optional(),
  /** Relative squared error of the residual stream against the first: after the embedding, then after each block. */
  layerErrors: z.array(z.number()).optional(),
  /** Shares of the operator's test set, between 0 and 1. */
  exactMatch: z.number().optional(),
  argumentMatch: z.number().optional(),
  refusalRate: z.number().optional(),
  examples: z.number().optional(),
});
export type EvaluationRow = z.output<typeof evaluationRowSchema>;

/** One row for each model, one column for each figure that any of them has. */
export function renderEvaluation({ rows, plot }: { rows: EvaluationRow[]; plot?: string | undefined }): string {
  const shown = columns.filter(([, value]) => rows.some((row) => value(row) !== undefined));
  const table = textTable(
    shown.map(([title]) => title),
    rows.map((row) => shown.map(([, value]) => value(row) ?? '-')),
    { figures: true },
  );
  return [table, ...(plot === undefined ? [] : ['', `plot  ${plot}`])].join('\n');
}

const columns: [title: string, value: (row: EvaluationRow) => string | undefined][] = [
  ['model', ({ artifact }) => artifact],
  ['MB', ({ bytes }) => (bytes / 1e6).toFixed(2)],
  ['bits/weight', ({ bitsPerWeight }) => bitsPerWeight.toFixed(2)],
  ['perplexity', ({ perplexity }) => perplexity.toFixed(4)],
  ['change', change],
  ['mean KL', ({ meanKlDivergence }) => meanKlDivergence?.toExponential(2)],
  ['KL 99 %', ({ klDivergence99 }) => klDivergence99?.toExponential(2)],
  ['top-1 equal', ({ topOneAgreement }) => percent(topOneAgreement)],
  ['exact match', ({ exactMatch }) => percent(exactMatch)],
  ['arguments', ({ argumentMatch }) => percent(argumentMatch)],
  ['refusals', ({ refusalRate }) => percent(refusalRate)],
  ['layer error, first…last', ({ layerErrors }) => layerErrors?.map((error) => error.toExponential(1)).join(' ')],
];

function change({ perplexityChange, perplexityChangeError }: EvaluationRow): string {
  const error = perplexityChangeError === undefined ? '' : ` ± ${(100 * perplexityChangeError).toFixed(2)}`;
  return `${perplexityChange < 0 ? '' : '+'}${(100 * perplexityChange).toFixed(2)}${error} %`;
}

function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${(100 * share).toFixed(1)} %`;
}
