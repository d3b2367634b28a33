// A server at twice its capacity with random aborts and malformed bodies, its engine killed on the way:
// npm run bench -- serve-soak [--minutes 2] [--kills 3] [--threads 1] (30 minutes and 10 kills for the whole of it)
import { setTimeout as delay } from 'node:timers/promises';
import { TINY } from '../testing/models/random-gguf.ts';
import { randomModel } from '../testing/models/test-model.ts';
import type { Bench } from './bench.ts';
import { serveModel } from './support/serve-model.ts';
import { option } from './support/servers.ts';

const SLOTS = 8;
const CLIENTS = SLOTS * 2 + 8;
const MALFORMED = [
  '{',
  '[]',
  '{"model":5}',
  '{"model":"model","prompt":{}}',
  '{"model":"model","prompt":"x","n":-1}',
  '',
];
const PROPER_STATUSES = new Set([200, 400, 429, 503]);

const bench: Bench = async (args) => {
  const minutes = Number(option(args, 'minutes', '2'));
  const kills = Number(option(args, 'kills', '3'));
  const settings = { threads: Number(option(args, 'threads', '1')), contextTokens: 2048, maxRunning: SLOTS };
  const { url, pool, model, release } = await serveModel(randomModel(TINY), settings, { maxQueued: SLOTS });
  const statuses = new Map<string, number>();
  const untilMs = Date.now() + minutes * 60_000;
  const memory: { minute: number; parent: number; engine: number }[] = [];
  const recoveries: number[] = [];
  const clients = Array.from({ length: CLIENTS }, (_, client) => runClient(url, client, untilMs, statuses));
  const killer = (async () => {
    for (let kill = 0; kill < kills; kill++) {
      await delay((minutes * 60_000) / (kills + 1));
      process.kill(model.engine.pid!, 'SIGKILL');
      recoveries.push(await recovery(url));
    }
  })();
  const watch = (async () => {
    const startMs = Date.now();
    while (Date.now() < untilMs) {
      await delay(5000);
      const engine = await model.engine.call('residentBytes', null).catch(() => 0);
      memory.push({ minute: (Date.now() - startMs) / 60_000, parent: process.memoryUsage.rss(), engine });
    }
  })();
  await Promise.all([...clients, killer, watch]);
  await delay(500);
  const stuck = (await fetch(`${url}/v1/completions`, body({ max_tokens: 1 }))).ok
    ? (model.engine.load?.running ?? 0)
    : -1;
  release();
  await pool.drain(1);
  const late = memory.slice(Math.floor(memory.length / 3));
  const improper = [...statuses].filter(
    ([status]) => !PROPER_STATUSES.has(Number(status)) && status !== 'aborted' && status !== 'broken',
  );
  const row = (name: string, ours: number, unit: string, target: number) => ({
    case: name,
    ours,
    peer: target,
    peerName: 'at most',
    unit,
    ratio: target === 0 ? null : ours / target,
    higherIsBetter: false,
    ...(target === 0 ? { reason: ours === 0 ? 'as it should be' : 'FAILED' } : {}),
  });
  return {
    rows: [
      row(
        'requests with an improper status',
        improper.reduce((sum, [, count]) => sum + count, 0),
        'requests',
        0,
      ),
      row('slots still taken in the end', Math.abs(stuck), 'slots', 0),
      row('slowest recovery from SIGKILL', Math.max(0, ...recoveries), 's', 5),
      row('growth of the server', slope(late.map((sample) => [sample.minute, sample.parent])) / 1e6, 'MB/min', 5),
      row(
        'growth of the engine',
        slope(late.filter((sample) => sample.engine > 0).map((sample) => [sample.minute, sample.engine])) / 1e6,
        'MB/min',
        5,
      ),
    ],
    notes: [
      `Answers by status: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(', ')}.`,
      `Seconds until the next answer after each of ${recoveries.length} kills: ${recoveries.map((seconds) => seconds.toFixed(2)).join(', ')}.`,
      `Resident memory of server and clients together: ${megabytes(memory[0]?.parent)} in the beginning, ${megabytes(memory.at(-1)?.parent)} in the end; of the engine ${megabytes(memory.find(({ engine }) => engine > 0)?.engine)} and ${megabytes(memory.findLast(({ engine }) => engine > 0)?.engine)}.`,
    ],
  };
};

export default bench;

async function runClient(url: string, client: number, untilMs: number, statuses: Map<string, number>): Promise<void> {
  const count = (status: string) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  for (let turn = 0; Date.now() < untilMs; turn++) {
    const dice = (client * 31 + turn * 17) % 20;
    const abort = new AbortController();
    if (dice < 4) setTimeout(() => abort.abort(), 5 + ((turn * 13) % 200));
    try {
      const malformed = dice === 19 ? MALFORMED[turn % MALFORMED.length] : undefined;
      const request = body({
        prompt: `${client} ${turn} `.repeat(1 + (turn % 12)),
        max_tokens: 4 + (turn % 60),
        stream: turn % 2 === 0,
      });
      const response = await fetch(`${url}/v1/completions`, {
        ...request,
        ...(malformed === undefined ? {} : { body: malformed }),
        signal: abort.signal,
      });
      const text = await response.text();
      // A stream that fails on its way can only say so in its text.
      count(response.ok && text.includes('"error"') ? 'broken' : String(response.status));
      if (response.status === 429 || response.status === 503) await delay(50);
    } catch (error) {
      count(abort.signal.aborted ? 'aborted' : `lost: ${causeOf(error)}`);
    }
  }
}

/** What `fetch` hides: the code or the words of the error below its "fetch failed". */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}

/** Seconds until a request is answered again after the engine was killed. */
async function recovery(url: string): Promise<number> {
  const startMs = Date.now();
  for (;;) {
    const answered = await fetch(`${url}/v1/completions`, body({ max_tokens: 1 }))
      .then(async (response) => (await response.text()) !== '' && response.ok)
      .catch(() => false);
    if (answered) return (Date.now() - startMs) / 1000;
    await delay(20);
  }
}

function body(fields: object) {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'model', prompt: 'x', ignore_eos: true, ...fields }),
  };
}

function megabytes(bytes: number | undefined): string {
  return `${((bytes ?? 0) / 1e6).toFixed(0)} MB`;
}

/** Least squares: units of y per unit of x. */
function slope(points: readonly (readonly [number, number] | number[])[]): number {
  const n = points.length;
  if (n < 2) return 0;
  const meanX = points.reduce((sum, point) => sum + point[0]!, 0) / n;
  const meanY = points.reduce((sum, point) => sum + point[1]!, 0) / n;
  const covariance = points.reduce((sum, point) => sum + (point[0]! - meanX) * (point[1]! - meanY), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0]! - meanX) ** 2, 0);
}
