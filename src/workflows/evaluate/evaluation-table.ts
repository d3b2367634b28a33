import type { EvaluationRow } from '../../operations/evaluate.ts';
import { textTable } from '../../text/text-table.ts';

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
