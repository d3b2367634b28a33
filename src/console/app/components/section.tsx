import { type ReactNode, useId } from 'react';

/** A titled part of a page, found by its heading. */
export function Section({
  title,
  aside,
  wide,
  children,
}: {
  title: string;
  aside?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={wide === true ? 'card wide' : 'card'}>
      <div className="heading">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
