import type { OutputOf, StoredBenchmark } from '../api/operations.ts';
import { moment, number, percent } from '../text.ts';
import { Section } from './section.tsx';
import { Table } from './table.tsx';

type Measurement = OutputOf<'models.show'>['measurements'][number];
type Spread = StoredBenchmark['levels'][number]['ttftMs'];

const spread = (value: Spread): string =>
  value === undefined ? '–' : [value.p50, value.p90, value.p99].map((one) => number(one, 1)).join(' / ');

/** One benchmark: times and rates at each load, and how near decoding comes to what the memory allows. */
export function BenchmarkResult({ measurement: { subject, createdAt, figures } }: { measurement: Measurement }) {
  const { url, levels, roofline } = figures as StoredBenchmark;
  return (
    <Section title={`${subject}, ${moment(createdAt)}`}>
      <p className="dim">{url}; milliseconds at p50 / p90 / p99</p>
      <Table
        label={`Benchmark of ${subject}, ${moment(createdAt)}`}
        rows={levels}
        rowKey={({ load }) => `${load.kind} ${load.value}`}
        columns={[
          {
            title: 'Load',
            cell: ({ load }) => (load.kind === 'concurrency' ? `${load.value} at once` : `${load.value} a second`),
          },
          { title: 'Requests', kind: 'number', cell: ({ requests }) => number(requests, 0) },
          { title: 'Failed', kind: 'number', cell: ({ failed }) => number(failed, 0) },
          { title: 'TTFT', kind: 'number', cell: ({ ttftMs }) => spread(ttftMs) },
          { title: 'ITL', kind: 'number', cell: ({ itlMs }) => spread(itlMs) },
          { title: 'E2E', kind: 'number', cell: ({ e2eMs }) => spread(e2eMs) },
          { title: 'tok/s out', kind: 'number', cell: (level) => number(level.outputTokensPerSecond, 1) },
          { title: 'Requests/s', kind: 'number', cell: (level) => number(level.requestsPerSecond, 2) },
        ]}
      />
      {roofline !== undefined && (
        <p className="dim">
          The memory allows {number(roofline.limitTokensPerSecond, 1)} tok/s of one stream; measured{' '}
          {number(roofline.measuredTokensPerSecond, 1)} ({percent(roofline.share, 0)}).
        </p>
      )}
    </Section>
  );
}
