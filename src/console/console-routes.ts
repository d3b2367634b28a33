import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Context, Hono } from 'hono';
import { FtsError } from '../errors/fts-error.ts';

/** Where `npm run build` puts the browser's part: beside this file in dist, and there too when run from source. */
const built = new URL(import.meta.url.endsWith('.ts') ? '../../dist/console/app/' : './app/', import.meta.url);

/** Nothing is loaded from elsewhere and no inline script runs, so that text from a model or an API stays text. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * The console: one document for every page, which draws what its address names, and the files that it loads. They hold
 * no data: what a page shows it asks of the HTTP face, with the rights of whoever looks at it.
 */
export function consoleRoutes(): Hono {
  const routes = new Hono();
  // A file's name changes with its content.
  routes.get('/console/assets/:name{[\\w.-]+}', (context) =>
    sendFile(context, `assets/${context.req.param('name')}`, 'public, max-age=31536000, immutable'),
  );
  for (const path of ['/', '/console', '/console/*'])
    routes.get(path, (context) => sendFile(context, 'index.html', 'no-cache'));
  return routes;
}

async function sendFile(context: Context, name: string, caching: string): Promise<Response> {
  const type = types[extname(name)];
  if (type === undefined) return context.notFound();
  let content: Uint8Array<ArrayBuffer>;
  try {
    content = await readFile(new URL(name, built));
  } catch (cause) {
    if (name !== 'index.html') return context.notFound();
    throw new FtsError('unavailable', 'The console has not been built.', { remedy: 'Run `npm run build`.', cause });
  }
  return context.body(content, 200, {
    'content-type': type,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': caching,
  });
}
