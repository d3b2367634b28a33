import type { ChangePlan } from '../../akamai/changes/change-plan.ts';
import type { Decision } from '../../akamai/changes/decide-plan.ts';
import type { Approver } from '../../approval/approver-record.ts';
import { nobodyEnrolled } from '../../approval/approvers.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { OperationContext } from '../../services/context.ts';
import type { TerminalPerson } from '../../services/terminal-person.ts';
import { akamaiOf } from './akamai-services.ts';
import { renderPlan, viewPlan } from './plan-view.ts';

const triesAtPassphrase = 3;

/** Shows the plan to the person at the terminal, asks for their passphrase, and records the decision that it signs. */
export async function decideInTerminal(
  plan: ChangePlan,
  wanted: Decision & { approver?: string | undefined },
  context: OperationContext,
): Promise<ChangePlan> {
  const { plans, approvers } = akamaiOf(context);
  const person = requireTerminal(context, plan);
  const { approvers: enrolled } = approvers.list();
  if (enrolled.length === 0) throw nobodyEnrolled();
  const { next: _next, ...view } = viewPlan(plan, plans.alteration(plan.id));
  const next = wanted.decision === 'approve' ? 'Nothing has been done yet.' : 'A denied plan is never applied.';
  person.show(`${renderPlan({ ...view, next })}\n`);
  const decision = { ...(await withOverride(plan, wanted, person)), shownDigest: plan.digest };
  const approver = await chooseApprover(enrolled, wanted.approver, context, person);
  // Refused before anything is typed where it cannot be decided.
  plans.draft(plan.id, decision, approver);
  const what = decision.decision === 'approve' ? 'approve' : 'deny';
  const signer = await askToUnlock(approver, `Passphrase of ${approver.name} to ${what} (empty to stop): `, context);
  const { text, at } = plans.draft(plan.id, decision, approver);
  return plans.decide(plan.id, decision, { approver, at, signature: signer.sign(text), channel: 'terminal' });
}

/** Asks an approver's passphrase until it is right: three times, and not at all where nothing is typed. */
export async function askToUnlock(approver: Approver, question: string, context: OperationContext) {
  const { approvers } = akamaiOf(context);
  const person = context.terminal!;
  for (let attempt = 1; ; attempt++) {
    const typed = await person.askHidden(question);
    if (typed === '') throw new FtsError('cancelled', 'Nothing was signed, and nothing was done.');
    try {
      return await approvers.unlock(approver.name, typed, context.caller);
    } catch (error) {
      const { kind, message } = FtsError.from(error);
      if (kind !== 'forbidden' || attempt === triesAtPassphrase) throw error;
      person.show(message);
    }
  }
}

/** Who signs: whoever is named, the only one there is, the one with this account's name, or whom the person names. */
export async function chooseApprover(
  enrolled: readonly Approver[],
  named: string | undefined,
  context: OperationContext,
  person: TerminalPerson,
): Promise<Approver> {
  const { approvers } = akamaiOf(context);
  const able = enrolled.filter(({ credentials }) => credentials.some(({ kind }) => kind === 'passphrase'));
  if (named !== undefined) return approvers.find(named);
  const own = able.find(({ name }) => name === context.caller.name);
  if (own !== undefined || able.length === 1) return own ?? able[0]!;
  return approvers.find((await person.ask(`Your name (${able.map(({ name }) => name).join(', ')}): `)).trim());
}

async function withOverride(plan: ChangePlan, wanted: Decision, person: TerminalPerson): Promise<Decision> {
  const { gate } = plan.description;
  const { decision, reason, overrideStaging } = wanted;
  if (decision === 'deny' || gate === undefined || gate.met) return { decision, reason };
  if (overrideStaging === true && reason !== undefined) return { decision, reason, overrideStaging };
  const answer = await person.ask('The staging rule is not met. Override it? (yes / no): ');
  if (!/^y(es)?$/i.test(answer.trim())) return { decision, reason, overrideStaging: false };
  return { decision, overrideStaging: true, reason: reason ?? (await person.ask('Why: ')) };
}

function requireTerminal(context: OperationContext, plan: ChangePlan): TerminalPerson {
  if (context.terminal !== undefined) return context.terminal;
  throw new FtsError('forbidden', 'A plan is decided by a person: in an interactive terminal, or in the console.', {
    field: 'planId',
    value: plan.id,
    remedy: `Run \`fts akamai approve ${plan.id}\` in a terminal (not through a pipe), or open /console/plans/${plan.id}.`,
  });
}
