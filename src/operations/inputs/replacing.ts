import { z } from 'zod';
import type { Replacing } from '../../registry/taken-name.ts';

/** What operations that write under a name take where the name is taken already. */
export const replacingInputs = {
  replace: z.boolean().optional().describe('Replace what has the name; what is deployed stays'),
  force: z.boolean().optional().describe('And undeploy it'),
};

export interface ReplacingInput {
  replace?: boolean | undefined;
  force?: boolean | undefined;
}

export function replacingOf(
  { replace = false, force = false }: ReplacingInput,
  { jobId }: { jobId?: string | undefined },
): Replacing {
  return { replace, force, job: jobId };
}
