import { useState } from 'react';
import { call } from '../api/client.ts';
import { usePolled } from '../api/use-polled.ts';
import { figure, moment, number } from '../text.ts';
import { Empty } from './empty.tsx';
import { ErrorNote } from './error-note.tsx';
import { LossCurve } from './loss-curve.tsx';
import { Section } from './section.tsx';
import { Table } from './table.tsx';

/** Training runs and the curve of one of them, which grows while it trains. */
export function Runs() {
  const { value, error } = usePolled('runs', () => call('runs.list', {}), 4);
  const [chosen, setChosen] = useState<string>();
  const shown = chosen ?? value?.runs[0]?.id;
  return (
    <Section title="Training runs">
      <ErrorNote error={error} />
      {value?.runs.length === 0 && (
        <Empty command="fts train operator">No run yet. Train the operator model, or a model on your own text:</Empty>
      )}
      {shown !== undefined && <RunCurve id={shown} />}
      {value !== undefined && value.runs.length > 0 && (
        <Table
          label="Training runs"
          rows={value.runs.slice(0, 10)}
          rowKey={({ id }) => id}
          columns={[
            {
              title: 'Model',
              cell: ({ id, model, createdAt }) => (
                <button
                  type="button"
                  className="link"
                  aria-pressed={id === shown}
                  title={`${id}, started ${moment(createdAt)}`}
                  onClick={() => setChosen(id)}
                >
                  {model}
                </button>
              ),
            },
            { title: 'Steps', kind: 'number', cell: ({ summary }) => number(summary?.steps, 0) },
            { title: 'Training loss', kind: 'number', cell: ({ summary }) => figure(summary?.trainingLoss) },
            { title: 'Validation loss', kind: 'number', cell: ({ summary }) => figure(summary?.validationLoss) },
            { title: 'tok/s', kind: 'number', cell: ({ summary }) => number(summary?.tokensPerSecond, 0) },
            { title: 'Started', cell: ({ createdAt }) => moment(createdAt) },
          ]}
        />
      )}
    </Section>
  );
}

function RunCurve({ id }: { id: string }) {
  const { value, error } = usePolled(id, () => call('runs.show', { id, points: 400 }), 2);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (value === undefined) return <div className="curve" />;
  const { run, curve } = value;
  return (
    <>
      <p className="dim">
        Loss of {run.model} <code>{id}</code>
        {run.summary === null ? ', not finished' : ''} (dashed: validation)
      </p>
      {curve.length < 2 ? <p className="dim">The first steps are on their way.</p> : <LossCurve points={curve} />}
    </>
  );
}
