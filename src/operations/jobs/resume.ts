import { z } from 'zod';
import { jobIdSchema } from '../../inputs/names.ts';
import { jobSchema } from '../../jobs/job.ts';
import { defineOperation } from '../operation.ts';

export const jobsResume = defineOperation({
  name: 'jobs.resume',
  title: 'Resume a job',
  description: 'Queues an interrupted, cancelled or failed job again; it goes on from its last checkpoint.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['id'],
  example: 'fts jobs resume job-mb1x2y-3f9a1c',
  input: z.object({ id: jobIdSchema.describe('The job id') }),
  output: jobSchema,
  actsOn: ({ id }, { jobs }) => jobs.get(id).operation,
  async run({ id }, { jobs }) {
    jobs.settleDeadJobs();
    return jobs.requeue(id);
  },
});
