import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemCaller } from '../src/access/caller.ts';
import { callOperation } from '../src/operations/call-operation.ts';
import { findOperation } from '../src/operations/find-operation.ts';
import type { Services } from '../src/services/context.ts';
import { openServices } from '../src/services/open-services.ts';
import { akamaiOf } from '../src/workflows/akamai/akamai-services.ts';
import { simulatedEnvironment } from '../testing/akamai-simulator/environment.ts';
import { type Simulator, startSimulator } from '../testing/akamai-simulator/simulator.ts';
import { assistant } from '../testing/akamai-simulator/workbench.ts';
import { TestApprover } from '../testing/approver.ts';
import { runFts, spawnFts } from '../testing/fts-process.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

let simulator: Simulator;
let home: string;
let environment: NodeJS.ProcessEnv;
let services: Services;

beforeEach(async () => {
  simulator = await startSimulator();
  simulator.dns.zones.push({
    zone: 'example.com',
    contractId: 'C-1',
    version: 1,
    records: [{ name: 'www.example.com', type: 'A', ttl: 300, rdata: ['192.0.2.1'] }],
  });
  home = temporaryHome();
  environment = simulatedEnvironment(simulator.origin, home);
  services = openServices(environment, {});
});
afterEach(async () => {
  services.database.close();
  await simulator.close();
});

/** A plan that a person approved: `www` moves to another address. */
async function approvedPlan(): Promise<string> {
  const { plans, audit } = akamaiOf(services);
  const { id } = await plans.plan(
    {
      api: 'config-dns-v2',
      operationId: 'put-zones-zone-names-name-types-type',
      path: { zone: 'example.com', name: 'www.example.com', type: 'A' },
      body: { name: 'www.example.com', type: 'A', ttl: 60, rdata: ['192.0.2.9'] },
    },
    assistant,
  );
  (await TestApprover.enrol({ database: services.database, audit })).approve(plans, id);
  return id;
}

/** `fts akamai apply ID`, killed with SIGKILL while it waits for the answer to its one write. */
async function killWhileSending(id: string, hold: 'hold' | 'hold-after'): Promise<void> {
  const held = new Promise<void>((resolve) => {
    simulator.faults.push({ method: 'PUT', kind: hold, times: 1, held: resolve });
  });
  const child = spawnFts(['akamai', 'apply', id], home, environment);
  const exited = once(child, 'exit');
  await held;
  child.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
  expect(services.database.prepare('SELECT state FROM change_plans').get()).toMatchObject({ state: 'sending' });
}

const address = () => simulator.dns.zones[0]?.records[0]?.rdata;
const rows = (id: string) =>
  akamaiOf(services)
    .audit.list({ limit: 20, subject: id })
    .map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`)
    .reverse();

it('finds a change that was made but not recorded at the start of a server', { timeout: 240_000 }, async () => {
  const id = await approvedPlan();
  await killWhileSending(id, 'hold-after');
  expect(address()).toEqual(['192.0.2.9']);

  const server = spawnFts(['serve', '--port', '0'], home, environment);
  await expect.poll(() => akamaiOf(services).plans.get(id).state, { timeout: 200_000, interval: 100 }).toBe('applied');
  server.kill('SIGTERM');
  await once(server, 'exit');

  expect(rows(id).slice(-2)).toEqual([expect.stringMatching(/plan\.sending ok$/), 'system plan.apply ok']);
  expect(simulator.writes()).toHaveLength(1);
  expect(await akamaiOf(services).plans.apply(id, assistant)).toMatchObject({
    state: 'applied',
    outcome: { status: null, note: expect.stringMatching(/process ended.*was made/) },
  });
  expect(simulator.writes()).toHaveLength(1);
  expect(akamaiOf(services).audit.verify()).toMatchObject({ intact: true });
});

it('finds that nothing was changed when the call had not taken effect, at the next look', {
  timeout: 240_000,
}, async () => {
  const id = await approvedPlan();
  await killWhileSending(id, 'hold');
  const plan = await callOperation(findOperation('akamai.plans.show'), { planId: id }, services, {
    report: () => {},
    signal: new AbortController().signal,
    caller: systemCaller,
  });
  expect(plan).toMatchObject({ state: 'failed', outcome: { note: expect.stringMatching(/nothing was changed/) } });
  expect(address()).toEqual(['192.0.2.1']);
  expect(simulator.writes()).toHaveLength(1);
});

it('makes one change of applies in several processes at once', { timeout: 240_000 }, async () => {
  const id = await approvedPlan();
  simulator.faults.push({ method: 'PUT', kind: 'delay', milliseconds: 500, times: 1 });
  const ends = await Promise.all([1, 2].map(() => runFts(['akamai', 'apply', id, '--json'], home, environment)));
  expect(ends.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(1);
  expect(simulator.writes()).toHaveLength(1);
  expect(akamaiOf(services).plans.get(id).state).toBe('applied');
});

it('ends cleanly, with every read recorded, where one of two reads fails at once', { timeout: 240_000 }, async () => {
  const record = /\/names\/www\.example\.com\/types\/A$/;
  simulator.faults.push({ method: 'GET', path: record, kind: 'status', status: 403 });
  simulator.faults.push({ method: 'GET', path: /\/zones\/example\.com$/, kind: 'hold' });
  const words = ['akamai', 'dns-change', 'delete', 'www.example.com', 'A', '--zone', 'example.com'];
  const { code, stderr } = await runFts(words, home, environment);
  expect(stderr).toContain('403');
  expect(stderr).not.toContain('panicked');
  expect(code).not.toBe(134);
  const reads = services.audit.list({ action: 'akamai.read', limit: 9 });
  expect(reads.map(({ subject, outcome }) => [subject, outcome])).toEqual([
    ['GET /config-dns/v2/zones/example.com', 'failed'],
    ['GET /config-dns/v2/zones/example.com/names/www.example.com/types/A', 'failed'],
  ]);
  expect(services.audit.verify()).toMatchObject({ verdict: 'intact' });
});
