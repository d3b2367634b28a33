import { useState } from 'react';
import { call } from '../api/client.ts';
import type { OutputOf } from '../api/operations.ts';
import { usePolled } from '../api/use-polled.ts';
import { duration, figure, moment } from '../text.ts';
import { Empty } from './empty.tsx';
import { ErrorNote } from './error-note.tsx';
import { Section } from './section.tsx';
import { StateBadge } from './state-badge.tsx';
import { Table } from './table.tsx';

type Job = OutputOf<'jobs.list'>['jobs'][number];

/** Long-running work, newest first, with the way to stop it and to go on. */
export function Jobs() {
  const { value, error, refresh } = usePolled('jobs', () => call('jobs.list', { limit: 12 }), 2);
  const [refused, setRefused] = useState<Error>();
  const act = async (name: 'jobs.cancel' | 'jobs.resume', id: string) => {
    setRefused(undefined);
    await call(name, { id }).catch(setRefused);
    await refresh();
  };
  return (
    <Section title="Jobs">
      <ErrorNote error={refused ?? error} />
      {value?.jobs.length === 0 && (
        <Empty command="fts train data --data notes.txt --name notes --steps 500">
          No job yet. Training, quantization and benchmarks run as jobs; start one:
        </Empty>
      )}
      {value !== undefined && value.jobs.length > 0 && (
        <Table
          label="Jobs"
          rows={value.jobs}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Job', cell: (job) => <span title={`${job.id}, ${moment(job.createdAt)}`}>{job.operation}</span> },
            { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
            { title: 'Progress', kind: 'wrap', cell: (job) => <JobProgress job={job} /> },
            { title: 'Action', cell: (job) => <JobAction job={job} act={act} /> },
          ]}
        />
      )}
    </Section>
  );
}

function JobProgress({ job }: { job: Job }) {
  const { operation, state, progress, error, warning, startedAt, finishedAt } = job;
  if (error !== null) {
    return (
      <>
        {error.message} {error.remedy !== undefined && <span className="dim">{error.remedy}</span>}
      </>
    );
  }
  if (warning !== null) return <>{warning}</>;
  if (state === 'succeeded' && startedAt !== null && finishedAt !== null)
    return <span className="dim">took {duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)}</span>;
  if (progress === null) return null;
  const { stage, done, total, unit, metrics = {}, note } = progress;
  const { secondsLeft, ...figures } = metrics;
  const counted = `${stage} ${figure(done, 9)}${total === undefined ? '' : ` of ${figure(total, 9)}`} ${unit ?? ''}`;
  const left = state === 'running' ? (secondsLeft ?? secondsLeftOf(job)) : undefined;
  const details = [
    counted,
    ...Object.entries(figures).map(([name, value]) => `${name} ${figure(value, 3)}`),
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
    ...(note === undefined ? [] : [note]),
  ];
  return (
    <>
      {total !== undefined && <progress max={total} value={done} aria-label={`${operation}: ${counted}`} />}{' '}
      <span className="dim">{details.join(' · ')}</span>
    </>
  );
}

/** By the pace so far, for work that gives no estimate of its own; not after a resume, whose pause would count. */
function secondsLeftOf({ progress, startedAt, attempts }: Job): number | undefined {
  if (!progress?.total || progress.done === 0 || startedAt === null || attempts > 1) return undefined;
  const elapsed = (Date.now() - Date.parse(startedAt)) / 1000;
  return (elapsed * (progress.total - progress.done)) / progress.done;
}

function JobAction({
  job: { id, operation, state },
  act,
}: {
  job: Job;
  act: (name: 'jobs.cancel' | 'jobs.resume', id: string) => Promise<void>;
}) {
  if (state === 'succeeded') return null;
  const [name, title] =
    state === 'queued' || state === 'running'
      ? (['jobs.cancel', 'Cancel'] as const)
      : (['jobs.resume', 'Resume'] as const);
  return (
    <button type="button" className="quiet" aria-label={`${title} ${operation}`} onClick={() => void act(name, id)}>
      {title}
    </button>
  );
}
