import { z } from 'zod';
import { type Approval, type ChangePlan, planStates } from '../../akamai/changes/change-plan.ts';
import { plainText } from '../../akamai/changes/plain-text.ts';
import { presentPlan } from '../../akamai/changes/present-plan.ts';
import { networkSchema } from '../../akamai/network.ts';

const differencesShown = 40;
const longestValue = 300;
const longestBody = 4000;
const longestReason = 500;
const longestSurroundings = 300;

const decisionSchema = z.object({
  /** `signed` by an approver; from a `client-form`; or `unsigned`, from before approvals were signed. */
  kind: z.enum(['signed', 'client-form', 'unsigned']),
  approver: z.string(),
  channel: z.string(),
  reason: z.string().optional(),
  overrideStaging: z.boolean(),
  at: z.string(),
});

/** A change plan as every face shows it: without secrets, and short enough for a conversation. */
export const planViewSchema = z.object({
  id: z.string(),
  state: z.enum(planStates),
  next: z.string(),
  title: z.string(),
  network: networkSchema.nullable(),
  affects: z.array(z.string()),
  blastRadius: z.string(),
  differences: z.array(z.string()),
  differencesNotShown: z.number().int(),
  wayBack: z.string(),
  warnings: z.array(z.string()),
  gate: z.object({ met: z.boolean(), explanation: z.string() }).nullable(),
  account: z.string(),
  accountSwitchKey: z.string().nullable(),
  call: z.string(),
  body: z.string().nullable(),
  reason: z.string().nullable(),
  requestedBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  digest: z.string(),
  rollbackOf: z.string().nullable(),
  /** Why the stored plan is not the one that was made; null where it is. */
  changedByHand: z.string().nullable(),
  approval: decisionSchema.nullable(),
  denial: decisionSchema.nullable(),
  outcome: z
    .object({ status: z.number().int().nullable(), note: z.string(), answer: z.string(), at: z.string() })
    .nullable(),
  /** What was read beside the state that the plan is bound to, when it was made and after it: a zone's version. */
  surroundings: z.object({ before: z.string().nullable(), after: z.string().nullable() }),
});
export type PlanView = z.output<typeof planViewSchema>;

/** `alteration` says why the stored plan is not the one that was made. */
export function viewPlan(plan: ChangePlan, alteration?: string): PlanView {
  const shown = presentPlan(plan);
  const { call, description, outcome } = shown;
  const query = new URLSearchParams(
    Object.entries(call.query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  const differences = description.differences.slice(0, differencesShown).map((one) => {
    const place = one.place || one.path || 'value';
    if (one.op === 'add') return `+ ${place}: ${clipped(one.after, longestValue)}`;
    if (one.op === 'remove') return `- ${place}: ${clipped(one.before, longestValue)}`;
    return `~ ${place}: ${clipped(one.before, longestValue)} → ${clipped(one.after, longestValue)}`;
  });
  return {
    id: plan.id,
    state: plan.state,
    next:
      alteration === undefined
        ? nextStep(plan)
        : 'It was changed by hand and cannot be approved or applied. Run `fts audit verify`, and make a new plan.',
    title: description.title,
    network: description.network ?? null,
    affects: description.affects,
    blastRadius: description.blastRadius,
    differences,
    differencesNotShown: description.differences.length - differences.length,
    wayBack: description.wayBack,
    warnings: description.warnings,
    gate:
      description.gate === undefined ? null : { met: description.gate.met, explanation: description.gate.explanation },
    account: call.account,
    accountSwitchKey: call.accountSwitchKey === undefined ? null : plainText(call.accountSwitchKey),
    call: `${call.method} ${call.origin}${call.path}${query === '' ? '' : `?${query}`}`,
    body:
      call.body === undefined
        ? null
        : clipped('json' in call.body ? call.body.json : Object.values(call.body)[0], longestBody),
    reason: plan.reason === undefined ? null : plainText(plan.reason, longestReason),
    requestedBy: `${plan.requestedBy} (${plan.channel})`,
    createdAt: plan.createdAt,
    expiresAt: plan.expiresAt,
    digest: plan.digest,
    rollbackOf: plan.rollbackOf ?? null,
    changedByHand: alteration ?? null,
    approval: decisionView(plan.approval),
    denial: decisionView(plan.denial),
    outcome:
      outcome === null
        ? null
        : {
            status: outcome.status,
            note: plainText(outcome.note, longestBody),
            answer: clipped(outcome.body, longestBody),
            at: outcome.at,
          },
    surroundings: {
      before: surroundings(shown.observed.context),
      after: surroundings(outcome?.after?.context),
    },
  };
}

function decisionView(decided: Approval | null): z.input<typeof decisionSchema> | null {
  if (decided === null) return null;
  const { kind, approver, channel, reason, overrideStaging, at } = decided;
  return { kind, approver, channel, ...(reason === undefined ? {} : { reason }), overrideStaging, at };
}

function nextStep(plan: ChangePlan): string {
  switch (plan.state) {
    case 'proposed':
      return `Nothing is done yet. An approver signs it in the console, or with \`fts akamai approve ${plan.id}\`.`;
    case 'approved':
      return `Approved: akamai.apply ${plan.id} carries it out, once, if nothing has moved.`;
    case 'checking':
    case 'sending':
      return 'It is being applied.';
    case 'applied':
      return `Done. akamai.rollback ${plan.id} plans the way back where there is one.`;
    case 'unclear':
      return 'Whether it took effect is not known: read the present state before anything else.';
    case 'failed':
      return 'Nothing was changed. Correct the cause and make a new plan.';
    default:
      return 'It will never be applied. Make a new plan if it is still wanted.';
  }
}

/** The plan as lines for a person: also the text of the form in which they approve it. */
export function renderPlan(view: PlanView): string {
  const lines = [
    `${view.title}`,
    ...(view.changedByHand === null ? [] : [`CHANGED BY HAND: ${view.changedByHand}`]),
    `plan ${view.id}: ${view.state}, for account ${view.account}${view.accountSwitchKey === null ? '' : ` acting on ${view.accountSwitchKey}`}, expires ${view.expiresAt}`,
    `network  ${view.network ?? 'none'}`,
    `affects  ${view.affects.join(', ') || 'nothing named'}`,
    `reach    ${view.blastRadius}`,
    `way back ${view.wayBack}`,
    ...(view.gate === null ? [] : [`staging  ${view.gate.met ? 'met' : 'NOT MET'}: ${view.gate.explanation}`]),
    ...(view.reason === null ? [] : [`reason   ${view.reason}`]),
    ...view.warnings.map((warning) => `warning  ${warning}`),
    `sends    ${view.call}`,
    ...(view.differences.length === 0 ? [] : ['changes', ...view.differences.map((line) => `  ${line}`)]),
    ...(view.differencesNotShown > 0 ? [`  and ${view.differencesNotShown} more differences`] : []),
    ...(view.surroundings.before === null ? [] : [`before   ${view.surroundings.before}`]),
    ...(view.approval === null ? [] : [`approved by ${inWords(view.approval)}`]),
    ...(view.denial === null ? [] : [`denied by ${inWords(view.denial)}`]),
    ...(view.outcome === null
      ? []
      : [`outcome  ${view.outcome.note}`, `answer   ${view.outcome.answer.slice(0, longestValue)}`]),
    ...(view.surroundings.after === null ? [] : [`after    ${view.surroundings.after}`]),
    view.next,
  ];
  return lines.join('\n');
}

const proofs = { signed: 'signed', 'client-form': 'in a client’s form, not signed', unsigned: 'not signed' } as const;

function inWords({ approver, channel, kind, at, reason }: NonNullable<PlanView['approval']>): string {
  return `${approver} (${channel}, ${proofs[kind]}) at ${at}${reason === undefined ? '' : `: ${reason}`}`;
}

const surroundings = (context: object | undefined): string | null =>
  context === undefined ? null : clipped(context, longestSurroundings);

function clipped(value: unknown, limit: number): string {
  return plainText(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), limit);
}
