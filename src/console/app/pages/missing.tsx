import type { PageProps } from '../page-props.ts';

export function Missing({ parameter }: PageProps) {
  return (
    <>
      <h1>No such page</h1>
      <p>
        There is nothing at <code>{parameter}</code>. Go to the <a href="/">overview</a>.
      </p>
    </>
  );
}
