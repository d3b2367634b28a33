import { z } from 'zod';
import { jobIdSchema } from '../../inputs/names.ts';
import { jobSchema } from '../../jobs/job.ts';
import { followJob } from '../../jobs/job-queue.ts';
import { defineOperation } from '../operation.ts';

export const jobsShow = defineOperation({
  name: 'jobs.show',
  title: 'Show a job',
  description:
    'Shows one job: its input, state, latest progress, and its result or error once it has ended. To follow it, call with `waitSeconds`: it answers when the job has ended, or when that time is over.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['id'],
  example: 'fts jobs show job-mb1x2y-3f9a1c',
  input: z.object({
    id: jobIdSchema.describe('The job id, from `jobs.list` or from starting the job'),
    waitSeconds: z.number().min(0).max(50).default(0).describe('How long to wait for its end'),
  }),
  output: jobSchema,
  async run({ id, waitSeconds }, { jobs, report, signal }) {
    jobs.settleDeadJobs();
    if (waitSeconds === 0) return jobs.get(id);
    return followJob(jobs, id, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1000)]),
      onChange: ({ progress }) => {
        if (progress !== null) report(progress);
      },
    });
  },
});
