import { z } from 'zod';
import { jobSchema } from '../jobs/job.ts';
import { defineOperation } from './operation.ts';

export const jobsShow = defineOperation({
  name: 'jobs.show',
  title: 'Show a job',
  description:
    'Shows one job: its input, state, latest progress, and its result or error once it has ended. Call again to follow it.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['id'],
  example: 'fts jobs show job-mb1x2y-3f9a1c',
  input: z.object({ id: z.string().describe('The job id, from `jobs.list` or from starting the job') }),
  output: jobSchema,
  async run({ id }, { jobs }) {
    jobs.settleDeadJobs();
    return jobs.get(id);
  },
});
