import { z } from 'zod';
import type { Replacing } from '../jobs/taken-name.ts';

/** What operations that write under a name take where the name is taken already. */
export const replacingInputs = {
  replace: z
    .boolean()
    .default(false)
    .describe('Where the name is taken: put the new one in its place. What is deployed of the old stays in service'),
  force: z.boolean().default(false).describe('With replace: undeploy what is deployed of the old, and delete it'),
};

export function replacingOf(
  { replace, force }: { replace: boolean; force: boolean },
  { jobId }: { jobId?: string | undefined },
): Replacing {
  return { replace, force, job: jobId };
}
