import { useId, useState } from 'react';
import { call } from '../api/client.ts';
import type { OutputOf } from '../api/operations.ts';
import { addPasskey, noPasskeys, pageOnLocalhost } from '../api/passkey.ts';
import { usePolled } from '../api/use-polled.ts';
import { ApproverSelect } from '../components/approver-select.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { Section } from '../components/section.tsx';
import { type Column, Table } from '../components/table.tsx';
import { moment } from '../text.ts';

type Credential = OutputOf<'approvers.list'>['approvers'][number];

const columns: readonly Column<Credential>[] = [
  { title: 'Approver', cell: ({ name }) => name },
  { title: 'Signs with', cell: ({ kind, host }) => (host === null ? kind : `${kind} at ${host}`) },
  { title: 'Fingerprint', cell: ({ fingerprint }) => <code>{fingerprint}</code>, kind: 'wrap' },
  { title: 'Enrolled', cell: ({ enrolledAt, by }) => `${moment(enrolledAt)} by ${by}` },
];

/** The people whose signature approves, and how one of them adds a passkey in this browser. */
export function Approvers() {
  const { value, error, refresh } = usePolled('approvers', () => call('approvers.list', {}));
  const names = [...new Set((value?.approvers ?? []).map(({ name }) => name))];
  return (
    <>
      <h1>Approvers</h1>
      <p>
        A change is applied only with the signature of one of these people. Compare a fingerprint with what its owner
        has: another one means that the key was exchanged.
      </p>
      <ErrorNote error={error} />
      {value?.problem !== undefined && <p role="alert">{value.problem}</p>}
      {value !== undefined && names.length === 0 && (
        <p>
          Nobody is enrolled. The first approver enrols in a terminal: <code>fts approvers add YOUR-NAME</code>
        </p>
      )}
      {value !== undefined && names.length > 0 && (
        <>
          <Section title="Enrolled" wide>
            <Table
              label="Approvers"
              columns={columns}
              rows={value.approvers}
              rowKey={({ fingerprint }) => fingerprint}
            />
            <p className="dim">
              Further approvers: <code>fts approvers add NAME</code>, where one of these signs. A lost device:{' '}
              <code>fts approvers passkey remove NAME FINGERPRINT</code>.
            </p>
          </Section>
          <AddPasskey names={names} onAdded={refresh} />
        </>
      )}
    </>
  );
}

function AddPasskey({ names, onAdded }: { names: readonly string[]; onAdded: () => Promise<void> }) {
  const id = useId();
  const [approver, setApprover] = useState(names[0] ?? '');
  const [passphrase, setPassphrase] = useState('');
  const [said, setSaid] = useState('');
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const why = noPasskeys();
  if (why !== undefined) {
    const elsewhere = pageOnLocalhost();
    return (
      <Section title="Add a passkey">
        <p>
          {why} {elsewhere !== undefined && <a href={elsewhere}>Open this page at localhost</a>}
        </p>
      </Section>
    );
  }
  const add = async () => {
    setBusy(true);
    setError(undefined);
    setSaid('');
    try {
      await addPasskey(approver, passphrase);
      setPassphrase('');
      setSaid(`${approver} can now approve with this passkey.`);
      await onAdded();
    } catch (thrown) {
      setError(thrown as Error);
    }
    setBusy(false);
  };
  return (
    <Section title="Add a passkey">
      <form
        className="decision"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <ApproverSelect names={names} value={approver} onChange={setApprover} />
        <label htmlFor={`${id}-passphrase`}>Passphrase, to sign for the passkey</label>
        <input
          id={`${id}-passphrase`}
          type="password"
          autoComplete="off"
          required
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
        />
        <div className="row">
          <button type="submit" className="primary" disabled={isBusy}>
            Add a passkey
          </button>
        </div>
      </form>
      <ErrorNote error={error} />
      <p role="status">{said}</p>
    </Section>
  );
}
