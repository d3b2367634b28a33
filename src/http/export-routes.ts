import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { exportType, openExport } from '../inputs/exports.ts';
import type { Services } from '../services/context.ts';

/** `GET /exports/NAME`: a file that was written for a caller of this server, to be saved and never to be shown here. */
export function exportRoutes({ home }: Pick<Services, 'home'>): Hono {
  const routes = new Hono();
  routes.get('/exports/:name', (context) => {
    const name = context.req.param('name');
    const { file, bytes } = openExport(home, name);
    const content = Readable.toWeb(createReadStream('', { fd: file })) as ReadableStream<Uint8Array>;
    return context.body(content, 200, {
      'content-type': exportType(name),
      'content-length': String(bytes),
      'content-disposition': `attachment; filename="${name}"`,
      // A drawing or a report can hold a script, which must not run with the rights of this server's pages.
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
  });
  return routes;
}
