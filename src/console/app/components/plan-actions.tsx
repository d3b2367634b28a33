import { useState } from 'react';
import { call } from '../api/client.ts';
import type { ShownPlan } from '../api/operations.ts';
import { valueText } from '../text.ts';
import { Section } from './section.tsx';

/** What comes after the decision: carrying it out, once, and the way back. */
export function PlanActions({ plan, act }: { plan: ShownPlan; act: (work: () => Promise<unknown>) => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const during = (work: () => Promise<unknown>) => async () => {
    setBusy(true);
    await act(work);
    setBusy(false);
  };
  if (plan.state === 'approved') {
    return (
      <Section title="Apply">
        <p>Sent exactly as approved, once, if nothing has moved since the plan was made.</p>
        <button
          type="button"
          className="primary"
          disabled={isBusy}
          onClick={during(() => call('akamai.apply', { planId: plan.id }))}
        >
          {isBusy ? 'Applying…' : 'Apply now'}
        </button>
      </Section>
    );
  }
  if (plan.outcome === null) return null;
  return (
    <Section title="Outcome">
      <p>{plan.outcome.note}</p>
      <pre>{valueText(plan.outcome.answer)}</pre>
      {plan.state === 'applied' && (
        <button
          type="button"
          disabled={isBusy}
          onClick={during(async () => {
            const back = await call('akamai.rollback', { planId: plan.id });
            location.assign(`/console/plans/${back.id}`);
          })}
        >
          Plan the way back
        </button>
      )}
    </Section>
  );
}
