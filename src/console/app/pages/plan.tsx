import { type ReactNode, useState } from 'react';
import { call } from '../api/client.ts';
import type { ShownPlan } from '../api/operations.ts';
import { usePolled } from '../api/use-polled.ts';
import { ErrorNote } from '../components/error-note.tsx';
import { Facts } from '../components/facts.tsx';
import { PlanActions } from '../components/plan-actions.tsx';
import { PlanDecision } from '../components/plan-decision.tsx';
import { PlanDifferences } from '../components/plan-differences.tsx';
import { Section } from '../components/section.tsx';
import { StateBadge } from '../components/state-badge.tsx';
import { TextWithPlans } from '../components/text-with-plans.tsx';
import { Words } from '../components/words.tsx';
import type { PageProps } from '../page-props.ts';
import { duration, moment, valueText } from '../text.ts';

/** One change plan: what it would do, a person's decision about it, and what came of it. */
export function Plan({ parameter: planId }: PageProps) {
  const { value: plan, error, refresh } = usePolled(planId, () => call('akamai.plans.show', { planId }), 3);
  const differences = usePolled(`${planId} differences`, () => call('akamai.plans.differences', { planId }));
  const [refused, setRefused] = useState<Error>();
  if (plan === undefined) return <ErrorNote error={error} />;
  const act = async (work: () => Promise<unknown>) => {
    setRefused(undefined);
    await work().catch(setRefused);
    await refresh();
  };
  return (
    <>
      <p className="dim">
        <a href="/console/plans">Change plans</a> › <code>{plan.id}</code>
      </p>
      <h1>
        {plan.title} <StateBadge state={plan.state} />
      </h1>
      <p role="status">
        <Words text={plan.next} />
      </p>
      <ErrorNote error={refused ?? error} />
      <div className="plan">
        <Section title="What it does">
          <Facts facts={factsOf(plan)} />
        </Section>
        <PlanDecision plan={plan} act={act} />
        <PlanActions plan={plan} act={act} />
        <Section title="Differences" wide>
          <ErrorNote error={differences.error} />
          {differences.value !== undefined && <PlanDifferences differences={differences.value.differences} />}
        </Section>
        <Section title="What is sent" wide>
          <pre>{plan.body === null ? plan.call : `${plan.call}\n\n${valueText(plan.body)}`}</pre>
          <p className="dim">
            Digest <code>{plan.digest}</code>: an approval is for exactly this.
          </p>
        </Section>
      </div>
    </>
  );
}

function factsOf({ gate, approval, outcome, rollbackOf, ...plan }: ShownPlan): (readonly [string, ReactNode])[] {
  const facts: (readonly [string, ReactNode])[] = [
    ['Network', <strong key="network">{plan.network ?? 'none'}</strong>],
    ['Account', plan.accountSwitchKey === null ? plan.account : `${plan.account}, acting on ${plan.accountSwitchKey}`],
    ['Affects', plan.affects.join(', ') || 'nothing named'],
    ['Reach', plan.blastRadius],
    ['Way back', plan.wayBack],
  ];
  if (gate?.met === true) facts.push(['Staging', `met: ${gate.explanation}`]);
  if (gate?.met === false) facts.push(['Staging', <strong key="gate">NOT MET: {gate.explanation}</strong>]);
  for (const [index, warning] of plan.warnings.entries())
    facts.push([`Warning ${index + 1}`, <strong key={warning}>{warning}</strong>]);
  facts.push(
    ['Reason', plan.reason ?? 'none given'],
    ['Asked by', `${plan.requestedBy}, ${moment(plan.createdAt)}`],
    ['Expires', expiry(plan)],
  );
  if (rollbackOf !== null) facts.push(['Undoes', <TextWithPlans key="undoes" text={rollbackOf} />]);
  if (approval !== null) {
    const override = approval.overrideStaging ? ', overriding the staging rule' : '';
    const reason = approval.reason === undefined ? '' : `: ${approval.reason}`;
    facts.push([
      'Approved by',
      `${approval.approver} (${approval.channel}), ${moment(approval.at)}${override}${reason}`,
    ]);
  }
  if (outcome !== null) facts.push(['Outcome', `${outcome.note} (${moment(outcome.at)})`]);
  return facts;
}

function expiry({ state, expiresAt }: Pick<ShownPlan, 'state' | 'expiresAt'>): string {
  const secondsLeft = (Date.parse(expiresAt) - Date.now()) / 1000;
  const isOpen = (state === 'proposed' || state === 'approved') && secondsLeft > 0;
  return `${moment(expiresAt)}${isOpen ? `, in ${duration(secondsLeft)}` : ''}`;
}
