import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { AppBridge } from '@modelcontextprotocol/ext-apps/app-bridge';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp, type RunningServer, startServer } from '../src/http/server.ts';
import { servicesAtPort } from '../src/http/services-at-port.ts';
import { viewMimeType, viewsExtension } from '../src/mcp/views/views.ts';
import type { Services } from '../src/services/context.ts';
import { openServices } from '../src/services/open-services.ts';
import { type Simulator, startSimulator } from '../testing/akamai-simulator/simulator.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

const browserPath = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find((path) =>
  existsSync(path),
);

/** What the host's own page uses of the browser. */
interface HostWindow {
  document: {
    querySelector(name: 'iframe'): { contentWindow: { postMessage(data: unknown, to: '*'): void }; srcdoc: string };
  };
  addEventListener(type: 'message', listen: (event: { source: unknown; data: unknown }) => void): void;
  fromView(message: unknown): void;
}

let simulator: Simulator;
let services: Services;
let server: RunningServer;
let client: Client;

beforeEach(async () => {
  simulator = await startSimulator();
  services = openServices(
    {
      FTS_HOME: temporaryHome(),
      FTS_AKAMAI_MODE: 'change',
      AKAMAI_HOST: simulator.origin,
      AKAMAI_CLIENT_TOKEN: 'client-token-1',
      AKAMAI_CLIENT_SECRET: 'client-secret-1',
      AKAMAI_ACCESS_TOKEN: 'access-token-1',
    },
    { 'mcp.toolsets': 'default,records', 'approval.client-forms': true },
  );
  server = await startServer(
    (port) => createApp(servicesAtPort(services, port), { version: '0.0.0', command: ['fts'] }),
    '127.0.0.1',
    0,
  );
  client = await connect({ extensions: { [viewsExtension]: { mimeTypes: [viewMimeType] } } });
});

afterEach(async () => {
  await client.close();
  await server.close();
  services.database.close();
  await simulator.close();
});

/** A host's client: it shows forms, and its user approves. */
async function connect(capabilities: object): Promise<Client> {
  const made = new Client(
    { name: 'host', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { form: {} }, ...capabilities } },
  );
  const { token } = services.keys.create(`host-${randomUUID()}`, ['admin']);
  const headers = { authorization: `Bearer ${token}` };
  made.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { decision: 'approve' } }));
  await made.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }));
  return made;
}

type Called = Awaited<ReturnType<Client['callTool']>>;
const call = (name: string, args: Record<string, unknown>): Promise<Called> =>
  client.callTool({ name, arguments: args });
const textOf = ({ content }: Called): string => content.map((block) => ('text' in block ? block.text : '')).join('\n');

const planPurge = () => call('akamai_purge', { objects: ['https://www.example.com/index.html'], network: 'staging' });

it('hosts that show no views pay for none, and get each result as text', async () => {
  const plain = await connect({});
  expect((await plain.listTools()).tools.filter(({ _meta }) => _meta?.ui !== undefined)).toEqual([]);
  await plain.close();
  const planned = await planPurge();
  expect(JSON.parse(textOf(planned))).toMatchObject({ state: 'proposed', title: 'Invalidate 1 URL on STAGING' });
});

describe.skipIf(browserPath === undefined)('views in a host (needs Chromium at /usr/bin/chromium)', () => {
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let bridge: AppBridge;
  let opened: string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: browserPath!,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    });
  }, 60_000);
  afterAll(() => browser.close());

  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    opened = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => /^https?:/.test(request.url()) && complaints.push(`loads ${request.url()}`));
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    await bridge.close();
    await page.close();
  });

  /** What a host does with a tool's result: the view's page in a sandbox without any door, and the package's bridge. */
  async function showView(tool: string, result: Called) {
    const { tools } = await client.listTools();
    const shown = tools.find(({ name }) => name === tool)!;
    const { resourceUri } = shown._meta!.ui as { resourceUri: string };
    const [content] = (await client.readResource({ uri: resourceUri })).contents;
    expect(content?.mimeType).toBe(viewMimeType);
    await page.setContent(
      `<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"><iframe sandbox="allow-scripts" style="width: 700px; height: 500px"></iframe>`,
    );
    bridge = new AppBridge(
      client as never,
      { name: 'host', version: '1' },
      { serverTools: {}, serverResources: {}, openLinks: {} },
      {
        hostContext: { theme: 'dark' },
      },
    );
    bridge.onopenlink = async ({ url }) => {
      opened.push(url);
      return {};
    };
    const ready = new Promise<void>((resolve) => {
      bridge.oninitialized = () => resolve();
    });
    const transport = {
      onmessage: undefined as ((message: never) => void) | undefined,
      start: async () => {},
      close: async () => {},
      send: async (message: unknown) =>
        page.evaluate((data) => {
          (globalThis as unknown as HostWindow).document.querySelector('iframe').contentWindow.postMessage(data, '*');
        }, message),
    };
    await page.exposeFunction('fromView', (message: never) => transport.onmessage?.(message));
    await bridge.connect(transport as never);
    await page.evaluate(
      (html) => {
        const host = globalThis as unknown as HostWindow;
        const frame = host.document.querySelector('iframe');
        host.addEventListener('message', ({ source, data }) => {
          if (source === frame.contentWindow) host.fromView(data);
        });
        frame.srcdoc = html;
      },
      (content as { text: string }).text,
    );
    await ready;
    await bridge.sendToolInput({ arguments: {} });
    await bridge.sendToolResult(result as never);
    return page.frameLocator('iframe');
  }

  it('show a plan with its difference, and apply it once the person has approved the server’s form', async () => {
    const planned = await planPurge();
    const view = await showView('akamai_purge', planned);
    await view.getByText('https://www.example.com/index.html').first().waitFor();
    await view.getByRole('button', { name: 'Open in the console' }).click();
    await expect.poll(() => opened).toEqual([expect.stringMatching(/\/console\/plans\/plan-/)]);
    expect(simulator.writes()).toHaveLength(0);
    await view.getByRole('button', { name: 'Decide and apply…' }).click();
    await view.getByText(/^applied:/).waitFor();
    expect(simulator.writes()).toHaveLength(1);
  }, 60_000);

  it('show the loss curve of a run', async () => {
    const directory = join(services.home.root, 'runs/run-1');
    mkdirSync(directory, { recursive: true });
    const lines = [4.2, 3.1, 2.4, 2.0].map((loss, index) => ({
      step: (index + 1) * 10,
      loss,
      learningRate: 1e-3,
      gradientNorm: 1,
      tokensPerSecond: 1000,
      tokens: 1000 * index,
      seconds: index,
      ...(index === 3 ? { validationLoss: 2.1 } : {}),
    }));
    writeFileSync(join(directory, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    services.registry.saveRun({ id: 'run-1', model: 'tiny', kind: 'train', directory, settings: {}, summary: null });
    const view = await showView('runs_show', await call('runs_show', { id: 'run-1' }));
    await view.getByRole('img', { name: 'Loss from 4.2 to 2' }).waitFor();
    await view.getByText('validation, last 2.1').waitFor();
  }, 60_000);

  it('follow a job until it is done, and then show the report of its benchmark', async () => {
    const { jobs } = services;
    const { id } = jobs.submit('benchmark', {});
    jobs.claim(id);
    jobs.report(id, { stage: 'concurrency 1', done: 3, total: 8, unit: 'requests' });
    const view = await showView('jobs_show', await call('jobs_show', { id }));
    await view.getByText('running: concurrency 1 3 of 8 requests').waitFor();
    const spread = { p50: 12.3, p90: 15, p99: 20.5 };
    jobs.finish(id, {
      state: 'succeeded',
      result: {
        url: 'http://127.0.0.1:1',
        model: 'tiny',
        levels: [
          {
            load: { kind: 'concurrency', value: 1 },
            requests: 8,
            failed: 0,
            ttftMs: spread,
            inputTokensPerSecond: 10,
            outputTokensPerSecond: 321,
            requestsPerSecond: 4.5,
          },
        ],
      },
    });
    await view.getByRole('cell', { name: '12.3 / 20.5' }).waitFor();
    await view.getByRole('cell', { name: '321' }).waitFor();
  }, 60_000);

  it('show the words of a call that failed', async () => {
    const view = await showView('runs_show', await call('runs_show', { id: 'nope' }));
    await view.getByText('No run "nope"').waitFor();
  }, 60_000);
});
