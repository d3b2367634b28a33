import { loadModels } from '../api/load-models.ts';
import { usePolled } from '../api/use-polled.ts';
import { BenchmarkResult } from '../components/benchmark-result.tsx';
import { Empty } from '../components/empty.tsx';
import { ErrorNote } from '../components/error-note.tsx';

const mostShown = 30;

/** What was measured on served models, newest first. */
export function Benchmarks() {
  const { value, error } = usePolled('benchmarks', loadModels, 10);
  const results = (value?.shown ?? [])
    .flatMap(({ measurements }) => measurements)
    .filter(({ kind }) => kind === 'benchmark')
    .toSorted((left, right) => right.createdAt.localeCompare(left.createdAt))
    .slice(0, mostShown);
  return (
    <>
      <h1>Benchmarks</h1>
      <p className="dim">What users of a served model would feel, at each load.</p>
      <ErrorNote error={error} />
      {value !== undefined && results.length === 0 && (
        <Empty command="fts benchmark operator --concurrency 1 8">
          Nothing was measured yet. Measure a served model:
        </Empty>
      )}
      {results.map((measurement) => (
        <BenchmarkResult key={measurement.subject + measurement.createdAt} measurement={measurement} />
      ))}
    </>
  );
}
