import { useId, useState } from 'react';
import { call } from '../api/client.ts';
import type { ShownPlan } from '../pages/plan.tsx';
import { Section } from './section.tsx';

/**
 * Where a person decides. Their own key, with the scope `approve`, proves that it is one: it goes with the decision and
 * is kept nowhere. The digest of what is shown goes too, so that nothing else can be approved.
 */
export function PlanDecision({ plan, act }: { plan: ShownPlan; act: (work: () => Promise<unknown>) => Promise<void> }) {
  const id = useId();
  const [key, setKey] = useState('');
  const [reason, setReason] = useState('');
  const [hasRead, setHasRead] = useState(false);
  const [overrides, setOverrides] = useState(false);
  if (plan.state !== 'proposed' && plan.state !== 'approved') return null;
  const needsOverride = plan.gate !== null && !plan.gate.met;
  const isComplete = hasRead && (!needsOverride || (overrides && reason.trim() !== ''));
  const given = { planId: plan.id, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) };
  const decide = (work: () => Promise<unknown>) =>
    act(async () => {
      await work();
      setKey('');
    });
  return (
    <Section title={plan.state === 'proposed' ? 'Your decision' : 'Approved; you can still take it back'}>
      <form
        className="decision"
        onSubmit={(event) => {
          event.preventDefault();
          const { value } = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement;
          if (value === 'deny') void decide(() => call('akamai.deny', given, key.trim()));
          else if (isComplete)
            void decide(() =>
              call(
                'akamai.approve',
                { ...given, digest: plan.digest, overrideStaging: needsOverride && overrides },
                key.trim(),
              ),
            );
        }}
      >
        <label htmlFor={`${id}-key`}>Your own key</label>
        <input
          id={`${id}-key`}
          type="password"
          autoComplete="off"
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby={`${id}-help`}
        />
        <p id={`${id}-help`} className="dim">
          Make one once, in a terminal: <code>fts keys create YOUR-NAME --scopes read plan approve</code>. Or decide in
          the terminal: <code>fts akamai approve {plan.id}</code>.
        </p>
        <label htmlFor={`${id}-reason`}>Why{needsOverride ? '' : ' (optional)'}</label>
        <input
          id={`${id}-reason`}
          autoComplete="off"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {needsOverride && plan.state === 'proposed' && (
          <label className="tick">
            <input type="checkbox" checked={overrides} onChange={(event) => setOverrides(event.target.checked)} />{' '}
            Activate on production without the same version on staging
          </label>
        )}
        {plan.state === 'proposed' && (
          <label className="tick">
            <input type="checkbox" checked={hasRead} onChange={(event) => setHasRead(event.target.checked)} /> I have
            read what it changes{plan.network === null ? '' : ` on ${plan.network}`}
          </label>
        )}
        <div className="row">
          {plan.state === 'proposed' && (
            <button type="submit" value="approve" className="primary" disabled={!isComplete}>
              Approve
            </button>
          )}
          <button type="submit" value="deny">
            Deny
          </button>
        </div>
      </form>
    </Section>
  );
}
