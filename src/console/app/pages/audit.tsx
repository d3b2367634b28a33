import { useId, useState } from 'react';
import { call } from '../api/client.ts';
import { usePolled } from '../api/use-polled.ts';
import { Empty } from '../components/empty.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { StateBadge } from '../components/state-badge.tsx';
import { Table } from '../components/table.tsx';
import { TextWithPlans } from '../components/text-with-plans.tsx';
import { moment } from '../text.ts';

const rowsShown = 100;

/** Who did what, newest first, and whether the record is whole. */
export function Audit() {
  const id = useId();
  const [text, setText] = useState('');
  const [before, setBefore] = useState<number>();
  const verdict = usePolled('audit verify', () => call('audit.verify', {}), 30);
  const { value, error } = usePolled(
    `audit ${text} ${before}`,
    () =>
      call('audit.list', {
        limit: rowsShown,
        ...(text === '' ? {} : { text }),
        ...(before === undefined ? {} : { beforeSequence: before }),
      }),
    before === undefined ? 5 : undefined,
  );
  const oldest = value?.rows.at(-1)?.sequence;
  return (
    <>
      <h1>Audit log</h1>
      <ErrorNote error={verdict.error ?? error} />
      {verdict.value !== undefined && (
        <p role="status">
          <StateBadge state={verdict.value.intact ? 'ok' : 'failed'} />{' '}
          {verdict.value.intact
            ? `Intact: ${verdict.value.rows} rows. `
            : verdict.value.verdict === 'unconfirmed'
              ? `Not confirmed: ${verdict.value.reason}. `
              : `Broken${verdict.value.brokenAt === undefined ? '' : ` at row ${verdict.value.brokenAt}`}: ${verdict.value.reason}. `}
          <span className="dim">
            Head <code>{verdict.value.head.slice(0, 16)}…</code>; keep it with <code>fts audit verify</code>.
          </span>
        </p>
      )}
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          setText(String(new FormData(event.currentTarget).get('text')).trim());
          setBefore(undefined);
        }}
      >
        <label htmlFor={id}>Words</label>
        <input id={id} name="text" autoComplete="off" placeholder="plan.approved, a name, a plan’s id" />
        <button type="submit">Search</button>
      </form>
      {value?.rows.length === 0 ? (
        <Empty>
          {text === ''
            ? 'Nothing was recorded yet: whatever is changed, refused or read on Akamai will be.'
            : 'No row has all these words.'}
        </Empty>
      ) : (
        value !== undefined && (
          <Table
            label="Audit log"
            rows={value.rows}
            rowKey={({ sequence }) => String(sequence)}
            columns={[
              { title: 'Row', kind: 'number', cell: ({ sequence }) => sequence },
              { title: 'When', cell: ({ at }) => moment(at) },
              { title: 'Who', cell: ({ actor, channel }) => `${actor} (${channel})` },
              { title: 'What', cell: ({ action }) => action },
              { title: 'Outcome', cell: ({ outcome }) => <StateBadge state={outcome} /> },
              { title: 'On', kind: 'wrap', cell: ({ subject }) => <TextWithPlans text={subject} /> },
              {
                title: 'Details',
                kind: 'wrap',
                cell: ({ details }) => (
                  <details>
                    <summary>show</summary>
                    <pre>{JSON.stringify(details, null, 2)}</pre>
                  </details>
                ),
              },
            ]}
          />
        )
      )}
      <p className="row">
        {before !== undefined && (
          <button type="button" onClick={() => setBefore(undefined)}>
            Newest
          </button>
        )}
        {value?.rows.length === rowsShown && (
          <button type="button" onClick={() => setBefore(oldest)}>
            Older
          </button>
        )}
      </p>
    </>
  );
}
