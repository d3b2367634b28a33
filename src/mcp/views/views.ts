import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { publicUrl } from '../../config/public-url.ts';
import type { Operation } from '../../operations/operation.ts';
import type { Services } from '../../services/context.ts';
import { unseenInLines } from '../../text/visible-text.ts';
import type { Resource } from '../resources/resource.ts';

/** MCP Apps: a tool's result shown as a page inside the chat. Hosts without it show the text. */
export const viewsExtension = 'io.modelcontextprotocol/ui';
export const viewMimeType = 'text/html;profile=mcp-app';

interface View {
  file: string;
  title: string;
  description: string;
  /** Scripts that it is made of, in order, before its own. */
  parts: readonly string[];
}

const views: readonly View[] = [
  {
    file: 'change-plan',
    title: 'Change plan',
    description: 'A change plan with its difference, and a way to decide',
    parts: [],
  },
  {
    file: 'loss-curve',
    title: 'Loss curve',
    description: 'Training and validation loss over the steps of a run',
    parts: ['curve'],
  },
  {
    file: 'job',
    title: 'Job',
    description: 'A job as it works and when it has ended: training as its loss curve, a benchmark as its report',
    parts: ['curve', 'report'],
  },
];

const addressOf = (file: string): string => `ui://fts/${file}`;

/** The views as resources. They load nothing from anywhere, so the host may shut every door. */
export function viewResources(services: Pick<Services, 'config'>): Resource[] {
  return views.map((view) => ({
    uri: addressOf(view.file),
    name: view.file,
    title: view.title,
    description: view.description,
    mimeType: viewMimeType,
    scope: 'read',
    meta: { ui: { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true } },
    read: async () => ({ text: await page(view, publicUrl(services)) }),
  }));
}

/** The view of an operation's result, if it has one. */
export function viewOf({ name, output }: Operation): string | undefined {
  if (name === 'runs.show') return addressOf('loss-curve');
  if (name === 'train' || name === 'benchmark' || name === 'jobs.show') return addressOf('job');
  // Everything that answers with a change plan.
  const fields = 'shape' in output ? Object.keys(output.shape as object) : [];
  return fields.includes('blastRadius') ? addressOf('change-plan') : undefined;
}

async function page({ title, file, parts }: View, consoleUrl: string): Promise<string> {
  const styles = ['../../drawing/base.css', 'view.css'];
  const [base, style, ...scripts] = await Promise.all(
    [...styles, 'host.js', ...parts.map((part) => `${part}.js`), `${file}.js`].map((name) =>
      readFile(new URL(name, import.meta.url), 'utf8'),
    ),
  );
  const own = scripts.map((script) => script.replaceAll(/^export /gm, '')).join('\n');
  const constants = `const consoleUrl = ${JSON.stringify(consoleUrl)};\nconst unseenInLines = ${JSON.stringify(unseenInLines)};`;
  const script = inScriptElement(`${await appLibrary()}\n${constants}\n${own}`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${base}${style}</style></head><body><main id="view"></main><script type="module">${script}</script></body></html>`;
}

/** Names that the views use of `@modelcontextprotocol/ext-apps`. */
const used = ['App', 'applyDocumentTheme', 'applyHostStyleVariables'];
const libraryFile = createRequire(import.meta.url).resolve('@modelcontextprotocol/ext-apps/app-with-deps');

/** The library as a script that needs no `import`: a page in a sandbox can load none. */
async function appLibrary(): Promise<string> {
  const library = await readFile(libraryFile, 'utf8');
  const exported = /export\s*\{([^{}]*)\};?\s*$/.exec(library);
  const names = (exported?.[1] ?? '').split(',').map((pair) => pair.trim().split(/\s+as\s+/));
  const kept = used.map((name) => {
    const local = names.find((pair) => pair.at(-1) === name)?.[0];
    if (local === undefined) throw new Error(`@modelcontextprotocol/ext-apps exports no ${name}`);
    return `${name}: ${local}`;
  });
  return `const { ${used.join(', ')} } = (() => {\n${library.slice(0, exported!.index)}\nreturn { ${kept.join(', ')} };\n})();`;
}

/** What the HTML parser would take for an end or a comment is said in another way that means the same in a string. */
function inScriptElement(script: string): string {
  return script.replaceAll(/<(?=\/script|!--)/gi, '\\x3c');
}
