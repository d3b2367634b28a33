import type { ReactNode } from 'react';

/** Nothing there yet: what would be, and what to type to get it. */
export function Empty({ children, command }: { children: ReactNode; command?: string }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {command !== undefined && <pre>{command}</pre>}
    </div>
  );
}
