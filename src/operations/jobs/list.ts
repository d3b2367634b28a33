import { z } from 'zod';
import { jobSchema, jobStates } from '../../jobs/job.ts';
import { defineOperation } from '../operation.ts';

export const jobsList = defineOperation({
  name: 'jobs.list',
  title: 'List jobs',
  description:
    'Lists long-running work (training, quantization, benchmarks), newest first, with state and progress. Use it to find a job id. Narrow with `state` or `limit`.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts jobs list --state running',
  input: z.object({
    state: z.enum(jobStates).optional().describe('Only jobs in this state'),
    limit: z.number().int().min(1).max(200).default(20).describe('How many at the most'),
  }),
  output: z.object({ jobs: z.array(jobSchema.omit({ input: true, result: true })) }),
  async run({ state, limit }, { jobs }) {
    jobs.settleDeadJobs();
    return { jobs: jobs.list({ limit, ...(state === undefined ? {} : { state }) }) };
  },
});
