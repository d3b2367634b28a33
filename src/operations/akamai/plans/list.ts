import { z } from 'zod';
import { planStates } from '../../../akamai/changes/change-plan.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiPlansList = defineOperation({
  name: 'akamai.plans.list',
  title: 'List change plans',
  description:
    'Lists change plans, newest first: what waits for a person, what was applied, what failed. Narrow with `state`.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts akamai plans-list --state proposed',
  input: z.object({
    state: z.enum(planStates).optional().describe('Only plans in this state'),
    limit: z.number().int().min(1).max(200).default(20).describe('How many at the most'),
  }),
  output: z.object({
    plans: z.array(
      z.object({
        id: z.string(),
        state: z.enum(planStates),
        title: z.string(),
        network: z.string().nullable(),
        account: z.string(),
        requestedBy: z.string(),
        createdAt: z.string(),
        expiresAt: z.string(),
        /** How the stored plan differs from the one that was made. */
        changedByHand: z.string().nullable(),
      }),
    ),
  }),
  async run({ state, limit }, context) {
    const { plans } = akamaiOf(context);
    return {
      plans: plans
        .list({ state, limit })
        .map(({ id, state: at, description, call, requestedBy, createdAt, expiresAt }) => ({
          id,
          state: at,
          title: description.title,
          network: description.network ?? null,
          account: call.account,
          requestedBy,
          createdAt,
          expiresAt,
          changedByHand: plans.alteration(id) ?? null,
        })),
    };
  },
});
