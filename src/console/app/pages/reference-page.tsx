import { call } from '../api/client.ts';
import { usePolled } from '../api/use-polled.ts';
import { Claims } from '../components/claims.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { Markdown } from '../components/markdown.tsx';
import type { PageProps } from '../page-props.ts';

/** One page of the reference, with its diagrams and the verdicts on its own figures. */
export function ReferencePage({ parameter: name }: PageProps) {
  const { value, error } = usePolled(name, async () => {
    const [page, all] = await Promise.all([call('reference', { name, diagrams: true }), call('reference', {})]);
    return { page, names: all.pages };
  });
  if (value === undefined) return <ErrorNote error={error} />;
  const { page, names } = value;
  const title = page.pages[0]!.title;
  document.title = `${title} · FTS`;
  const next = names[names.findIndex((one) => one.name === name) + 1];
  return (
    <>
      <p className="dim">
        <a href="/console/reference">Reference</a> › {title}
      </p>
      <Markdown text={page.text ?? ''} images={withExtension(page.diagrams)} />
      {next !== undefined && (
        <p>
          Next: <a href={`/console/reference/${next.name}`}>{next.title}</a>
        </p>
      )}
      <h2>The figures of this page</h2>
      <Claims page={name} />
    </>
  );
}

/** The text names a diagram as the file that it would be. */
const withExtension = (diagrams: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(diagrams).map(([name, svg]) => [`${name}.svg`, svg]));
