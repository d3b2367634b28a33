import { readFile } from 'node:fs/promises';
import type { Operation } from '../operations/operation.ts';
import type { Resource } from './resource.ts';

/** MCP Apps: a tool's result shown as a page inside the chat. Hosts without it show the text. */
export const viewsExtension = 'io.modelcontextprotocol/ui';
export const viewMimeType = 'text/html;profile=mcp-app';

const views = [
  { file: 'change-plan', title: 'Change plan', description: 'A change plan with its difference, and a way to decide' },
  { file: 'loss-curve', title: 'Loss curve', description: 'Training and validation loss over the steps of a run' },
  { file: 'benchmark-report', title: 'Benchmark report', description: 'Latency and throughput at each level' },
] as const;

const addressOf = (file: string): string => `ui://fts/${file}`;

/** The views as resources. They load nothing from anywhere, so the host may shut every door. */
export function viewResources(): Resource[] {
  return views.map(({ file, title, description }) => ({
    uri: addressOf(file),
    name: file,
    title,
    description,
    mimeType: viewMimeType,
    scope: 'read',
    meta: { ui: { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true } },
    read: async () => ({ text: await page(title, file) }),
  }));
}

/** The view of an operation's result, if it has one. */
export function viewOf({ name, output }: Operation): string | undefined {
  if (name === 'runs.show') return addressOf('loss-curve');
  if (name === 'benchmark' || name === 'jobs.show') return addressOf('benchmark-report');
  // Everything that answers with a change plan.
  const fields = 'shape' in output ? Object.keys(output.shape as object) : [];
  return fields.includes('blastRadius') ? addressOf('change-plan') : undefined;
}

async function page(title: string, file: string): Promise<string> {
  const [bridge, render, style] = await Promise.all(
    ['bridge.js', `${file}.js`, 'view.css'].map((name) =>
      readFile(new URL(`./views/${name}`, import.meta.url), 'utf8'),
    ),
  );
  const script = `${bridge!.replaceAll(/^export /gm, '')}\n${render}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head><body><main id="view"></main><script type="module">${script}</script></body></html>`;
}
