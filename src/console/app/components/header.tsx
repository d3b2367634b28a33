import { sessionKey } from '../api/session-key.ts';

const links: readonly [string, string][] = [
  ['/', 'Overview'],
  ['/console/plans', 'Change plans'],
  ['/console/benchmarks', 'Benchmarks'],
  ['/console/reference', 'Reference'],
  ['/console/approvers', 'Approvers'],
  ['/console/audit', 'Audit log'],
];

const isCurrent = (href: string): boolean =>
  href === '/' ? location.pathname === '/' : location.pathname.startsWith(href);

export function Header() {
  return (
    <header>
      <a className="brand" href="/">
        FTS MCP Server
      </a>
      <nav aria-label="Pages">
        {links.map(([href, title]) => (
          <a key={href} href={href} aria-current={isCurrent(href) ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {sessionKey.get() !== undefined && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            sessionKey.forget();
            location.reload();
          }}
        >
          Forget the key
        </button>
      )}
    </header>
  );
}
