import { call } from '../api/client.ts';
import { usePolled } from '../api/use-polled.ts';
import { Claims } from '../components/claims.tsx';
import { ErrorNote } from '../components/error-note.tsx';

/** The reference: its pages in reading order, and whether their figures were borne out here. */
export function Reference() {
  const { value, error } = usePolled('reference', () => call('reference', {}));
  if (value === undefined) return <ErrorNote error={error} />;
  return (
    <>
      <h1>Reference</h1>
      <ol className="pages">
        {value.pages.map(({ name, title, summary }) => (
          <li key={name}>
            <a href={`/console/reference/${name}`}>{title}</a>
            <p className="dim">{summary}</p>
          </li>
        ))}
      </ol>
      <h2>Are the figures right?</h2>
      <Claims />
    </>
  );
}
