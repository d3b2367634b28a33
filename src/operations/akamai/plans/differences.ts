import { z } from 'zod';
import { presentPlan } from '../../../akamai/changes/present-plan.ts';
import { planIdSchema } from '../../../inputs/names.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiPlansDifferences = defineOperation({
  name: 'akamai.plans.differences',
  title: 'Show the differences of a change plan in full',
  description:
    'Lists every difference of a change plan with its old and new value, uncut, where `akamai.plans.show` shows the first ones shortened. Use it for long changes of rules or records.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['planId'],
  example: 'fts akamai plans-differences plan-mb3k2x-1f2e3d4c --json',
  input: z.object({ planId: planIdSchema.describe('Id of the plan') }),
  output: z.object({
    digest: z.string(),
    differences: z.array(
      z.object({
        op: z.enum(['add', 'remove', 'replace']),
        place: z.string(),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      }),
    ),
  }),
  async run({ planId }, context) {
    const plan = akamaiOf(context).plans.get(planId);
    const { differences } = presentPlan(plan).description;
    return {
      digest: plan.digest,
      differences: differences.map(({ op, place, path, before, after }) => ({
        op,
        place: place || path || 'value',
        before,
        after,
      })),
    };
  },
});
