import { useId, useRef, useState } from 'react';
import { call } from '../api/client.ts';
import type { ShownPlan } from '../api/operations.ts';
import { decideByPasskey, noPasskeys, pageOnLocalhost } from '../api/passkey.ts';
import { usePolled } from '../api/use-polled.ts';
import { ApproverSelect } from './approver-select.tsx';
import { ErrorNote } from './error-note.tsx';
import { Section } from './section.tsx';

/**
 * Where an approver decides: with a passkey, or with a passphrase that goes with the decision, unlocks their key on the
 * server for this one signature, and is kept nowhere. The digest of what is shown goes too, so that nothing else can be
 * signed. Only the buttons decide: Enter in a field does nothing.
 */
export function PlanDecision({ plan, act }: { plan: ShownPlan; act: (work: () => Promise<unknown>) => Promise<void> }) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const enrolled = usePolled('approvers', () => call('approvers.list', {}));
  const [chosen, setChosen] = useState<string>();
  const [passphrase, setPassphrase] = useState('');
  const [reason, setReason] = useState('');
  const [hasRead, setHasRead] = useState(false);
  const [overrides, setOverrides] = useState(false);
  const [isBusy, setBusy] = useState(false);
  if (plan.state !== 'proposed' && plan.state !== 'approved') return null;

  const credentials = enrolled.value?.approvers ?? [];
  const names = [...new Set(credentials.map(({ name }) => name))];
  const approver = chosen ?? names[0] ?? '';
  const passkeys = credentials.filter(({ name, kind }) => name === approver && kind === 'passkey');
  const hasPasskeyHere = noPasskeys() === undefined && passkeys.some(({ host }) => host === location.hostname);
  const needsOverride = plan.gate !== null && !plan.gate.met;
  const isComplete = hasRead && (!needsOverride || (overrides && reason.trim() !== ''));
  const given = {
    planId: plan.id,
    approver,
    shownDigest: plan.digest,
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  };
  const approval = { ...given, overrideStaging: needsOverride && overrides };
  const decide = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await act(async () => {
      await work();
      setPassphrase('');
    });
    setBusy(false);
  };
  const withPassphrase = (decision: 'approve' | 'deny') => {
    if (form.current?.reportValidity() !== true) return;
    void decide(() =>
      decision === 'approve'
        ? call('akamai.approve', { ...approval, passphrase })
        : call('akamai.deny', { ...given, passphrase }),
    );
  };
  const withPasskey = (decision: 'approve' | 'deny') => decide(() => decideByPasskey(decision, approval));

  return (
    <Section title={plan.state === 'proposed' ? 'Your decision' : 'Approved; you can still take it back'}>
      <ErrorNote error={enrolled.error} />
      {enrolled.value !== undefined && names.length === 0 && (
        <p>
          Nobody is enrolled who could approve. Enrol yourself once, in a terminal:{' '}
          <code>fts approvers add YOUR-NAME</code>
        </p>
      )}
      <form className="decision" ref={form} onSubmit={(event) => event.preventDefault()}>
        <ApproverSelect names={names} value={approver} onChange={setChosen} />
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
        {hasPasskeyHere && (
          <div className="row">
            {plan.state === 'proposed' && (
              <button
                type="button"
                className="primary"
                disabled={!isComplete || isBusy}
                onClick={() => void withPasskey('approve')}
              >
                Approve with passkey
              </button>
            )}
            <button type="button" disabled={isBusy} onClick={() => void withPasskey('deny')}>
              Deny with passkey
            </button>
          </div>
        )}
        <label htmlFor={`${id}-passphrase`}>{hasPasskeyHere ? 'Or your passphrase' : 'Passphrase'}</label>
        <input
          id={`${id}-passphrase`}
          type="password"
          autoComplete="off"
          required
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
        />
        <div className="row">
          {plan.state === 'proposed' && (
            <button
              type="button"
              className={hasPasskeyHere ? '' : 'primary'}
              disabled={!isComplete || isBusy || names.length === 0}
              onClick={() => withPassphrase('approve')}
            >
              Approve
            </button>
          )}
          <button type="button" disabled={isBusy || names.length === 0} onClick={() => withPassphrase('deny')}>
            Deny
          </button>
        </div>
        {!hasPasskeyHere && names.length > 0 && <PasskeyHint hasPasskeys={passkeys.length > 0} />}
        <p className="dim">
          Or decide in a terminal: <code>fts akamai approve {plan.id}</code>
        </p>
      </form>
    </Section>
  );
}

/** How one touch could do it: here, or on the page that a passkey works on. */
function PasskeyHint({ hasPasskeys }: { hasPasskeys: boolean }) {
  const elsewhere = pageOnLocalhost();
  if (elsewhere !== undefined) {
    return (
      <p className="dim">
        Passkeys work on <a href={elsewhere}>this page at localhost</a>.
      </p>
    );
  }
  if (noPasskeys() !== undefined) return null;
  return (
    <p className="dim">
      {hasPasskeys ? 'Your passkeys were made for another address of this server. ' : 'One touch instead: '}
      <a href="/console/approvers">add a passkey</a>.
    </p>
  );
}
