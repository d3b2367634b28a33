import { useState } from 'react';
import { call, startJob } from '../api/client.ts';
import type { VerifyResult } from '../api/operations.ts';
import { usePolled } from '../api/use-polled.ts';
import { figure, moment } from '../text.ts';
import { Empty } from './empty.tsx';
import { ErrorNote } from './error-note.tsx';
import { StateBadge } from './state-badge.tsx';
import { Table } from './table.tsx';

/** Every figure of the reference, or of one page, with the verdict of the last `verify` that ran here. */
export function Claims({ page }: { page?: string }) {
  const { value, error, refresh } = usePolled('verify', lastVerification, 5);
  const [refused, setRefused] = useState<Error>();
  if (value === undefined) return <ErrorNote error={error} />;
  const { running, finishedAt, result } = value;
  const checks = (result?.checks ?? []).filter(({ pages }) => page === undefined || pages.includes(page));
  const start = async () => {
    setRefused(undefined);
    await startJob('reference.verify', {}).catch(setRefused);
    await refresh();
  };
  return (
    <>
      <ErrorNote error={refused ?? error} />
      <p>
        {result !== undefined && (
          <span>
            {result.holds} of all {result.checks.length} hold, {result.differs} differ for a known reason,{' '}
            {result.fails} fail, {result.notMeasured} not measured; verified {moment(finishedAt!)}.{' '}
          </span>
        )}
        {running === undefined ? (
          <button type="button" className="quiet" onClick={() => void start()}>
            Verify now (about a minute)
          </button>
        ) : (
          <span role="status">Verifying: {running.progress?.stage ?? running.state}…</span>
        )}
      </p>
      {result === undefined ? (
        <Empty command="fts reference verify">
          Not verified here yet. Verifying recomputes the derived figures and measures the others on this machine:
        </Empty>
      ) : (
        <Table
          label="Claims and verdicts"
          rows={checks}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Claim', kind: 'wrap', cell: ({ claim }) => claim },
            { title: 'Verdict', cell: ({ verdict }) => <StateBadge state={verdict} /> },
            {
              title: 'Our figure',
              kind: 'wrap',
              cell: (check) => (
                <>
                  {check.figure === null ? '–' : `${figure(check.figure, 3)} ${check.unit}`}
                  {check.detail !== null && <span className="dim"> {check.detail}</span>}
                  {check.why !== null && <p>{check.why}</p>}
                </>
              ),
            },
            {
              title: 'How',
              kind: 'wrap',
              cell: ({ kind, how }) => (
                <>
                  {kind} <span className="dim">{how}</span>
                </>
              ),
            },
          ]}
        />
      )}
    </>
  );
}

async function lastVerification() {
  const { jobs } = await call('jobs.list', { limit: 200 });
  const verifications = jobs.filter(({ operation }) => operation === 'reference.verify');
  const running = verifications.find(({ state }) => state === 'queued' || state === 'running');
  const done = verifications.find(({ state }) => state === 'succeeded');
  if (done === undefined) return { running, finishedAt: undefined, result: undefined };
  const { result, finishedAt } = await call('jobs.show', { id: done.id });
  return { running, finishedAt: finishedAt!, result: result as VerifyResult };
}
