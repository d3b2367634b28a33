import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { getEncoding } from 'js-tiktoken';
import { median } from '../src/statistics/distribution.ts';
import type { BenchResult, BenchRow } from './bench.ts';

/** Enough for the server's and the client's code to be compiled: a server that is used is warm. */
const warmUpCalls = 500;
const calls = 100;
const rounds = 5;
const clients = 200;
const callsPerClient = 5;

/** What peers say that their tool listings cost, in tokens. */
const published = [
  { name: 'GitHub, all toolsets (dev.to/nebulagg, 2026)', tokens: 42_000 },
  { name: 'Sentry, 19 tools (its docs/token-cost-tracking)', tokens: 9069 },
  { name: 'Cloudflare, 2 tools of code mode (its blog, 2026-02-20)', tokens: 1000 },
];

const source = join(import.meta.dirname, '..');
const bare = join(import.meta.dirname, 'peers/bare-mcp-server.ts');
const main = join(source, 'src/cli/main.ts');

/** Latency of a tool that does next to nothing, two hundred clients at once, and the tokens of the listing. */
export default async function bench(): Promise<BenchResult> {
  const home = mkdtempSync(join(tmpdir(), 'fts-bench-mcp-'));
  const environment = { ...process.env, FTS_HOME: home, NO_COLOR: '1' };
  const children: ChildProcess[] = [];
  const start = (script: string, ...args: string[]) => {
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(child);
    return child;
  };
  try {
    const ours = await urlOf(start(main, 'serve', '--port', '0'));
    const peer = await urlOf(start(bare, 'http'));
    const rows: BenchRow[] = [];
    console.error('latency over HTTP …');
    const http = await interleaved(
      () => overHttp(ours),
      () => overHttp(peer),
    );
    rows.push(latencyRow('p50 of a trivial tool over HTTP, 2026-07-28', http));
    const [tool, plain] = await interleaved(
      () => overHttp(ours),
      () => plainRequest(ours),
    );
    rows.push({
      ...{ case: 'p50 overhead of the tool over a plain request to the same server', ours: tool - plain, unit: 'ms' },
      ...{ peer: 3, peerName: 'goal', ratio: (tool - plain) / 3, higherIsBetter: false },
    });
    console.error('latency over stdio …');
    const stdioOurs = new StdioCaller(start(main, 'mcp'));
    const stdioPeer = new StdioCaller(start(bare, 'stdio'));
    const stdio = await interleaved(
      () => timed(() => stdioOurs.call()),
      () => timed(() => stdioPeer.call()),
    );
    rows.push(latencyRow('p50 of a trivial tool over stdio, 2026-07-28', stdio));
    for (const mode of [{ pin: '2026-07-28' }, 'legacy'] as const) rows.push(...(await crowd(ours, mode)));
    rows.push(...(await listingRows(ours)));
    return {
      rows,
      notes: [
        `Latency: median of ${rounds} interleaved rounds of ${calls} calls (jobs_list), one at a time, client included; the peer is the official SDK's server with one empty tool.`,
        'Tokens: o200k_base over the JSON of tools/list, output schemas and annotations included.',
      ],
    };
  } finally {
    connections.destroy();
    for (const child of children) child.kill();
    await Promise.all(children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')));
    rmSync(home, { recursive: true, force: true });
  }
}

async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /http:\/\/[\d.]+:\d+(\/mcp)?/.exec(line)?.[0];
    if (url !== undefined) return url.endsWith('/mcp') ? url : `${url}/mcp`;
  }
  throw new Error('the server did not say where it is');
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
let nextId = 0;
const message = (): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: ++nextId,
    method: 'tools/call',
    params: { name: 'jobs_list', arguments: {}, _meta: envelope },
  });

const connections = new Agent({ keepAlive: true });

/** Node's own client on a kept connection: what it adds is small beside what the server takes. */
function overHttp(url: string): Promise<number> {
  return timed(async () => {
    const sent = request(url, {
      method: 'POST',
      agent: connections,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'jobs_list',
      },
    });
    sent.end(message());
    if (!(await answerTo(sent)).includes('"jobs":[]')) throw new Error('unexpected answer over HTTP');
  });
}

/** What HTTP itself takes: the smallest answer that the server has. */
function plainRequest(url: string): Promise<number> {
  return timed(async () => {
    const sent = request(new URL('/health', url), { agent: connections });
    sent.end();
    await answerTo(sent);
  });
}

async function answerTo(sent: ClientRequest): Promise<string> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
}

/** One call after the other over a child's standard input and output. */
class StdioCaller {
  private readonly child: ChildProcess;
  private waiting: ((line: string) => void) | undefined;

  constructor(child: ChildProcess) {
    this.child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.waiting?.(line));
  }

  async call(): Promise<void> {
    const answer = new Promise<string>((resolve) => {
      this.waiting = resolve;
    });
    this.child.stdin!.write(`${message()}\n`);
    if (!(await answer).includes('"jobs":[]')) throw new Error('unexpected answer over stdio');
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function interleaved(first: () => Promise<number>, second: () => Promise<number>): Promise<[number, number]> {
  for (let call = 0; call < warmUpCalls; call++) {
    await first();
    await second();
  }
  const medians: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of [first, second].entries()) {
      const times: number[] = [];
      for (let call = 0; call < calls; call++) times.push(await work());
      medians[index]!.push(median(times));
    }
  }
  return [median(medians[0]), median(medians[1])];
}

function latencyRow(name: string, [ours, peer]: [number, number]): BenchRow {
  return { case: name, ours, peer, peerName: 'bare SDK server', unit: 'ms', ratio: ours / peer, higherIsBetter: false };
}

const ajv = new AjvJsonSchemaValidator();
const compiled = new Map<string, ReturnType<typeof ajv.getValidator>>();
/** Every result is checked, but two hundred clients in one process compile each schema once. */
const sharedValidator: Pick<typeof ajv, 'getValidator'> = {
  getValidator: <T>(schema: Parameters<typeof ajv.getValidator>[0]) => {
    const key = JSON.stringify(schema);
    const validator = compiled.get(key) ?? ajv.getValidator(schema);
    compiled.set(key, validator);
    return validator as ReturnType<typeof ajv.getValidator<T>>;
  },
};

/** Clients of the official SDK, all at once: connect, list the tools, call one several times. */
async function crowd(url: string, mode: 'legacy' | { pin: string }): Promise<BenchRow[]> {
  console.error(`${clients} clients at once, ${JSON.stringify(mode)} …`);
  let errors = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new Client(
        { name: 'crowd', version: '1' },
        { versionNegotiation: { mode }, jsonSchemaValidator: sharedValidator },
      );
      try {
        await client.connect(new StreamableHTTPClientTransport(new URL(url)));
        await client.listTools();
        for (let call = 0; call < callsPerClient; call++) await client.callTool({ name: 'jobs_list', arguments: {} });
      } catch (error) {
        if (errors++ === 0) console.error(`first error: ${(error as Error).message}`);
      } finally {
        await client.close().catch(() => {});
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const era = mode === 'legacy' ? '2025-11-25' : mode.pin;
  const alone = { peer: null, peerName: 'none', ratio: null, reason: 'a bound, not a comparison' };
  return [
    {
      case: `${clients} clients at once, ${era}: clients with an error`,
      ours: errors,
      unit: 'clients',
      higherIsBetter: false,
      ...alone,
    },
    {
      case: `${clients} clients at once, ${era}: calls`,
      ours: (clients * callsPerClient) / seconds,
      unit: 'calls/s',
      higherIsBetter: true,
      ...alone,
    },
  ];
}

async function listingRows(url: string): Promise<BenchRow[]> {
  const client = new Client({ name: 'listing', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const { tools } = await client.listTools();
  await client.close();
  const tokens = getEncoding('o200k_base').encode(JSON.stringify({ tools })).length;
  return published.map(({ name, tokens: theirs }) => ({
    case: `tokens of tools/list, ${tools.length} tools`,
    ours: tokens,
    peer: theirs,
    peerName: name,
    unit: 'tokens',
    ratio: tokens / theirs,
    higherIsBetter: false,
  }));
}
