import type { ChangePlan } from '../../akamai/changes/change-plan.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { OperationContext } from '../../services/context.ts';
import { akamaiOf } from './akamai-services.ts';
import { approvalAnswerSchema, approvalForm } from './approval-form.ts';

/**
 * Shows the plan to the person behind an MCP client: in the client's own form where the operator trusts that
 * (`approval.client-forms`), else as a link to the console, where an approver signs. Their answer cannot come from the
 * input.
 */
export async function decideInForm(plan: ChangePlan, context: OperationContext): Promise<ChangePlan> {
  const { plans } = akamaiOf(context);
  if (context.askPerson === undefined) throw nobodyToAsk(plan);
  const answer = await context.askPerson(approvalForm(plan));
  if (answer.action !== 'accept') {
    throw new FtsError(
      'cancelled',
      `The person ${answer.action === 'decline' ? 'declined' : 'closed'} the form; plan ${plan.id} stays ${plan.state}.`,
      { field: 'planId', value: plan.id, remedy: whereToGo(plan.id) },
    );
  }
  const given = parseWith(approvalAnswerSchema, answer.values, 'the form');
  return plans.decideInForm(plan.id, { ...given, shownDigest: plan.digest }, { name: answer.person, channel: 'mcp' });
}

function nobodyToAsk(plan: ChangePlan): FtsError {
  const state =
    plan.state === 'proposed' ? 'is proposed' : `says that it is ${plan.state}, but no signature stands for that`;
  return new FtsError('forbidden', `Plan ${plan.id} ${state}: an approver has to sign it first, not here.`, {
    field: 'planId',
    value: plan.id,
    remedy: whereToGo(plan.id),
  });
}

const whereToGo = (id: string): string =>
  `Ask them to open it in the console (/console/plans/${id}), or to run \`fts akamai approve ${id}\` in a terminal.`;
