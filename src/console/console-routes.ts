import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';

const files: Record<string, { name: string; type: string }> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/console.js': { name: 'console.js', type: 'text/javascript; charset=utf-8' },
  '/console/plans/:id': { name: 'plan.html', type: 'text/html; charset=utf-8' },
  '/plan.js': { name: 'plan.js', type: 'text/javascript; charset=utf-8' },
  '/console.css': { name: 'console.css', type: 'text/css; charset=utf-8' },
};

/** Nothing is loaded from elsewhere and no inline script runs, so that text from a model or an API stays text. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The front page, the page of a change plan, and their files. */
export function consoleRoutes(): Hono {
  const routes = new Hono();
  for (const [path, { name, type }] of Object.entries(files)) {
    routes.get(path, async (context) => {
      const content = await readFile(new URL(`./${name}`, import.meta.url));
      return context.body(content, 200, {
        'content-type': type,
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      });
    });
  }
  return routes;
}
