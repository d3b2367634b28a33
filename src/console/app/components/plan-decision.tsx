import { useId, useState } from 'react';
import { call } from '../api/client.ts';
import type { ShownPlan } from '../pages/plan.tsx';
import { Section } from './section.tsx';

/**
 * Where an approver decides. Their passphrase goes with the decision, unlocks their key on the server for this one
 * signature, and is kept nowhere. The digest of what is shown goes too, so that nothing else can be signed.
 */
export function PlanDecision({ plan, act }: { plan: ShownPlan; act: (work: () => Promise<unknown>) => Promise<void> }) {
  const id = useId();
  const [approver, setApprover] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [reason, setReason] = useState('');
  const [hasRead, setHasRead] = useState(false);
  const [overrides, setOverrides] = useState(false);
  if (plan.state !== 'proposed' && plan.state !== 'approved') return null;
  const needsOverride = plan.gate !== null && !plan.gate.met;
  const isComplete = hasRead && (!needsOverride || (overrides && reason.trim() !== ''));
  const given = {
    planId: plan.id,
    approver: approver.trim(),
    passphrase,
    shownDigest: plan.digest,
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  };
  const decide = (work: () => Promise<unknown>) =>
    act(async () => {
      await work();
      setPassphrase('');
    });
  return (
    <Section title={plan.state === 'proposed' ? 'Your decision' : 'Approved; you can still take it back'}>
      <form
        className="decision"
        onSubmit={(event) => {
          event.preventDefault();
          const { value } = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement;
          if (value === 'deny') void decide(() => call('akamai.deny', given));
          else if (isComplete)
            void decide(() => call('akamai.approve', { ...given, overrideStaging: needsOverride && overrides }));
        }}
      >
        <label htmlFor={`${id}-approver`}>Your name as approver</label>
        <input
          id={`${id}-approver`}
          autoComplete="username"
          required
          value={approver}
          onChange={(event) => setApprover(event.target.value)}
        />
        <label htmlFor={`${id}-passphrase`}>Passphrase</label>
        <input
          id={`${id}-passphrase`}
          type="password"
          autoComplete="off"
          required
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
          aria-describedby={`${id}-help`}
        />
        <p id={`${id}-help`} className="dim">
          Enrol once, in a terminal: <code>fts approvers add YOUR-NAME</code>. Or decide in the terminal:{' '}
          <code>fts akamai approve {plan.id}</code>.
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
