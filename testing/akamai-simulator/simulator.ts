import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CpsState, cpsRoutes, emptyCps } from './cps.ts';
import { type EdgeDiagnosticsState, edgeDiagnosticsRoutes, emptyEdgeDiagnostics } from './edge-diagnostics.ts';
import { type DnsState, edgeDnsRoutes, emptyDns } from './edge-dns.ts';
import { type EdgeKvState, edgeKvRoutes, emptyEdgeKv } from './edgekv.ts';
import { type EdgeWorkersState, edgeWorkersRoutes, emptyEdgeWorkers } from './edgeworkers.ts';
import { emptyPurge, fastPurgeRoutes, type PurgeState } from './fast-purge.ts';
import { identityRoutes } from './identity.ts';
import { emptyLinode, type LinodeState, linodeRoutes } from './linode.ts';
import { emptyPapi, type PapiState, papiRoutes } from './papi.ts';
import { dispatch, problem, type SimulatedAnswer, type SimulatedRequest } from './route.ts';

/** What is to go wrong, for requests that it matches. `times` counts down; without it the fault stays. */
interface Fault {
  method?: string;
  path?: RegExp;
  times?: number;
  kind:
    | 'status' // answer `status` (default 500) instead of doing it
    | 'status-after' // do it, then answer `status`
    | 'hang-up' // close the connection without doing it
    | 'hang-up-after' // do it, then close the connection: the answer is lost
    | 'hold' // never answer, without doing it
    | 'hold-after' // do it, and never answer
    | 'truncate' // do it, and cut the JSON in half
    | 'redirect' // answer 302 to `location`
    | 'delay'; // wait `milliseconds` more
  status?: number;
  retryAfterSeconds?: number;
  location?: string;
  milliseconds?: number;
  /** Called when an answer is held. */
  held?: () => void;
}

export interface SimulatorOptions {
  latencyMs?: number;
  /** More requests than this at once get a 429. */
  maxConcurrent?: number;
  /** More requests than this in one second get a 429. */
  maxPerSecond?: number;
  /** Refuse EdgeGrid timestamps further off than this, as Akamai does. */
  maxSkewSeconds?: number;
  /** The simulator's own clock, to be set apart from the client's. */
  now?: () => number;
}

export interface Simulator {
  origin: string;
  papi: PapiState;
  edgeWorkers: EdgeWorkersState;
  purge: PurgeState;
  dns: DnsState;
  edgeKv: EdgeKvState;
  cps: CpsState;
  linode: LinodeState;
  diagnostics: EdgeDiagnosticsState;
  faults: Fault[];
  /** Every request that arrived: `GET /papi/v1/groups`. */
  journal: string[];
  /** Only those that could change something, whether or not they were let through. */
  writes(): string[];
  highestConcurrency(): number;
  close(): Promise<void>;
}

/** A stateful stand-in for Akamai's APIs on a loopback port, with latency, limits and faults to order. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const papi = emptyPapi();
  const edgeWorkers = emptyEdgeWorkers();
  const purge = emptyPurge();
  const dns = emptyDns();
  const edgeKv = emptyEdgeKv();
  const cps = emptyCps();
  const linode = emptyLinode();
  const diagnostics = emptyEdgeDiagnostics();
  const routes = [
    ...papiRoutes(papi),
    ...edgeWorkersRoutes(edgeWorkers),
    ...fastPurgeRoutes(purge),
    ...edgeDnsRoutes(dns),
    ...edgeKvRoutes(edgeKv),
    ...cpsRoutes(cps),
    ...linodeRoutes(linode),
    ...edgeDiagnosticsRoutes(diagnostics),
    ...identityRoutes(),
  ];
  const faults: Fault[] = [];
  const journal: string[] = [];
  const recent: number[] = [];
  const now = options.now ?? Date.now;
  let concurrent = 0;
  let highest = 0;

  const limited = (): SimulatedAnswer | undefined => {
    const moment = Date.now();
    while (recent[0] !== undefined && recent[0] < moment - 1000) recent.shift();
    recent.push(moment);
    const tooMany = concurrent > (options.maxConcurrent ?? Number.POSITIVE_INFINITY);
    const tooFast = recent.length > (options.maxPerSecond ?? Number.POSITIVE_INFINITY);
    if (!tooMany && !tooFast) return undefined;
    const answer = problem(429, 'Too Many Requests');
    return { ...answer, headers: { ...answer.headers, 'retry-after': '1' } };
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await received(incoming);
    journal.push(`${request.method} ${request.path}`);
    if (options.latencyMs !== undefined) await sleep(options.latencyMs);
    const limit = limited() ?? unsigned(request, options, now());
    if (limit !== undefined) return send(response, limit, now());
    const fault = takeFault(faults, request);
    if (fault?.kind === 'delay') await sleep(fault.milliseconds ?? 1000);
    if (fault?.kind === 'hang-up') return void response.destroy();
    if (fault?.kind === 'hold') return fault.held?.();
    if (fault?.kind === 'redirect')
      return send(response, { status: 302, headers: { location: fault.location ?? '' } }, now());
    if (fault?.kind === 'status') return send(response, faultAnswer(fault), now());
    const result = handled(routes, request);
    if (fault?.kind === 'hang-up-after') return void response.destroy();
    if (fault?.kind === 'hold-after') return fault.held?.();
    if (fault?.kind === 'status-after') return send(response, faultAnswer(fault), now());
    send(response, result, now(), fault?.kind === 'truncate');
  };

  const server = createServer((incoming, response) => {
    concurrent++;
    highest = Math.max(highest, concurrent);
    answer(incoming, response)
      .catch((error: Error) => response.destroy(error))
      .finally(() => concurrent--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    papi,
    edgeWorkers,
    purge,
    dns,
    edgeKv,
    cps,
    linode,
    diagnostics,
    faults,
    journal,
    writes: () => journal.filter((line) => !/^(GET|HEAD) /.test(line) && !line.includes('/edge-diagnostics/')),
    highestConcurrency: () => highest,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function received(incoming: IncomingMessage): Promise<SimulatedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://simulator');
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    bytes,
    json: () => JSON.parse(bytes.toString('utf8')),
  };
}

function handled(routes: Parameters<typeof dispatch>[0], request: SimulatedRequest): SimulatedAnswer {
  try {
    return dispatch(routes, request);
  } catch (error) {
    return problem(400, `Malformed request: ${(error as Error).message}`);
  }
}

/** Only the presence of a signature and its time are checked; the signature itself has tests of its own. */
function unsigned(request: SimulatedRequest, options: SimulatorOptions, now: number): SimulatedAnswer | undefined {
  const authorization = request.headers.authorization ?? '';
  if (request.path.startsWith('/v4')) {
    return authorization.startsWith('Bearer ')
      ? undefined
      : { status: 401, body: { errors: [{ reason: 'Invalid Token' }] } };
  }
  const stamp = /^EG1-HMAC-SHA256 .*timestamp=(\d{4})(\d\d)(\d\d)T([\d:]+)\+0000/.exec(authorization);
  if (stamp === null) return problem(401, 'Unauthorized');
  if (options.maxSkewSeconds === undefined) return undefined;
  const signedAt = Date.parse(`${stamp[1]}-${stamp[2]}-${stamp[3]}T${stamp[4]}Z`);
  return Math.abs(signedAt - now) > options.maxSkewSeconds * 1000 ? problem(400, 'Invalid timestamp') : undefined;
}

function takeFault(faults: Fault[], request: SimulatedRequest): Fault | undefined {
  const index = faults.findIndex(
    (fault) => (fault.method ?? request.method) === request.method && (fault.path?.test(request.path) ?? true),
  );
  const fault = faults[index];
  if (fault?.times !== undefined && --fault.times <= 0) faults.splice(index, 1);
  return fault;
}

function faultAnswer(fault: Fault): SimulatedAnswer {
  const answer = problem(fault.status ?? 500, 'Simulated fault');
  if (fault.retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } };
}

function send(response: ServerResponse, answer: SimulatedAnswer, now: number, truncate = false): void {
  const headers = { 'content-type': 'application/json', date: new Date(now).toUTCString(), ...answer.headers };
  const isText = headers['content-type'].startsWith('text/');
  const text = answer.body === undefined ? '' : isText ? String(answer.body) : JSON.stringify(answer.body);
  response.writeHead(answer.status, headers);
  response.end(truncate ? text.slice(0, text.length / 2) : text);
}
