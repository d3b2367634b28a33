import type { ReactNode } from 'react';

/** A box in which what is too wide scrolls, also by keyboard. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="scroll" aria-label={`${label} (table)`} tabIndex={0}>
      {children}
    </section>
  );
}
