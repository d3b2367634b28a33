import { Suspense } from 'react';
import { Header } from './components/header.tsx';
import { pageAt } from './routes.ts';

/** Frame of every page. Links are plain links: each page is an address, and the browser keeps the history. */
export function App() {
  const { title, page: Page, parameter } = pageAt(location.pathname);
  document.title = title === 'Overview' ? 'FTS MCP Server' : `${title} · FTS`;
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Page parameter={parameter} />
        </Suspense>
      </main>
    </>
  );
}
