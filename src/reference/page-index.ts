import { FtsError } from '../errors/fts-error.ts';
import type { Page } from './page.ts';
import { edge } from './pages/edge.ts';
import { fineTuning } from './pages/fine-tuning.ts';
import { inferencePipeline } from './pages/inference-pipeline.ts';
import { inferenceVsTraining } from './pages/inference-vs-training.ts';
import { mcpAndApprovals } from './pages/mcp-and-approvals.ts';
import { metrics } from './pages/metrics.ts';
import { precision } from './pages/precision.ts';
import { sizes } from './pages/sizes.ts';
import { trainingLoop } from './pages/training-loop.ts';

/** All pages, in the order in which a newcomer should read them. */
export const pages: readonly Page[] = [
  inferenceVsTraining,
  trainingLoop,
  inferencePipeline,
  metrics,
  sizes,
  precision,
  fineTuning,
  edge,
  mcpAndApprovals,
];

export function findPage(name: string): Page {
  const page = pages.find((candidate) => candidate.name === name);
  if (page !== undefined) return page;
  throw new FtsError('not-found', `No reference page "${name}".`, {
    field: 'name',
    value: name,
    remedy: `Read one of: ${pages.map((candidate) => candidate.name).join(', ')}.`,
  });
}
