import type { Approval, ChangePlan } from '../akamai/changes/change-plan.ts';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import { approvalAnswerSchema, approvalForm } from './akamai-approval-form.ts';
import { akamaiOf } from './akamai-services.ts';
import type { OperationContext } from './context.ts';

/** Shows the plan to the person behind the caller and records what they decide. Their answer cannot come from the input. */
export async function askForDecision(
  plan: ChangePlan,
  context: OperationContext,
  channel: Approval['channel'],
): Promise<ChangePlan> {
  const { plans } = akamaiOf(context);
  if (context.askPerson === undefined) {
    throw new FtsError(
      'forbidden',
      `Plan ${plan.id} is ${plan.state}: a person has to approve it, and none can be asked here.`,
      {
        field: 'planId',
        value: plan.id,
        remedy: `Ask them to open it in the console (/console/plans/${plan.id}), or to run \`fts akamai approve ${plan.id}\` in a terminal.`,
      },
    );
  }
  const answer = await context.askPerson(approvalForm(plan));
  if (answer.action !== 'accept') {
    throw new FtsError(
      'cancelled',
      `The person ${answer.action === 'decline' ? 'declined' : 'closed'} the form; plan ${plan.id} stays ${plan.state}.`,
      {
        field: 'planId',
        value: plan.id,
      },
    );
  }
  const given = parseWith(approvalAnswerSchema, answer.values, 'the form');
  const approver = answer.person;
  if (given.decision === 'deny') return plans.deny(plan.id, { approver, channel, reason: given.reason });
  return plans.approve(plan.id, {
    approver,
    channel,
    reason: given.reason,
    overrideStaging: given.overrideStaging,
    digest: plan.digest,
  });
}
