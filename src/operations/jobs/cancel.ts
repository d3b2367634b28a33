import { z } from 'zod';
import { jobIdSchema } from '../../inputs/names.ts';
import { jobSchema } from '../../jobs/job.ts';
import { defineOperation } from '../operation.ts';

export const jobsCancel = defineOperation({
  name: 'jobs.cancel',
  title: 'Cancel a job',
  description:
    'Asks a queued or running job to stop. It saves what it has, then its state becomes `cancelled`; `jobs.resume` goes on from there.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['id'],
  example: 'fts jobs cancel job-mb1x2y-3f9a1c',
  input: z.object({ id: jobIdSchema.describe('The job id') }),
  output: jobSchema,
  actsOn: ({ id }, { jobs }) => jobs.get(id).operation,
  async run({ id }, { jobs }) {
    jobs.settleDeadJobs();
    return jobs.requestCancel(id);
  },
});
