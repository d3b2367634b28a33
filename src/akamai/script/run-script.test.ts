import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seedProperty } from '../../../testing/akamai-simulator/seed.ts';
import { assistant, openWorkbench, type Workbench } from '../../../testing/akamai-simulator/workbench.ts';
import { defaultLimits, runScript } from './run-script.ts';
import type { ScriptLimits } from './sandbox-messages.ts';
import { ScriptCalls } from './script-calls.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
  for (let index = 0; index < 30; index++) {
    seedProperty(bench.simulator, `site-${index}.example.com`, {
      group: `grp_${index % 5}`,
      active: index % 2 === 0 ? { PRODUCTION: 1 } : {},
    });
  }
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.simulator.journal.length = 0;
});

async function run(program: string, more: Partial<ScriptLimits> = {}) {
  const limits = { ...defaultLimits, ...more };
  const { signal } = new AbortController();
  const { catalogue, validator, plans, reads } = bench;
  const host = new ScriptCalls({
    catalogue,
    validator,
    plans,
    caller: reads,
    actor: assistant,
    as: {},
    limits,
    signal,
  });
  const result = await runScript(program, limits, (call) => host.answer(call), signal);
  return { ...result, plans: host.plans };
}

describe('a script', () => {
  it('joins, counts and filters many answers in one go', async () => {
    const { value, calls, logs } = await run(`
      const groups = (await akamai.get('/papi/v1/groups')).groups.items;
      const lists = await Promise.all(groups.map((group) =>
        akamai.call('papi', 'get-properties', { query: { groupId: group.groupId, contractId: group.contractIds[0] } })));
      const live = lists.flatMap((list) => list.properties.items).filter((property) => property.productionVersion !== null);
      console.log('groups', groups.length);
      return { live: live.length, first: live.map((property) => property.propertyName).sort()[0] };
    `);
    expect(value).toEqual({ live: 15, first: 'site-0.example.com' });
    expect(calls).toBe(6);
    expect(logs).toEqual(['groups 5']);
  });

  it('turns a write into a change plan, and never into a change', async () => {
    const { value, plans } = await run(`
      return akamai.post('/ccu/v3/invalidate/tag/{network}', { path: { network: 'production' }, body: { objects: ['a'] } });
    `);
    expect(value).toMatchObject({ planned: true, state: 'proposed', title: 'Invalidate 1 cache tag on PRODUCTION' });
    expect(plans).toHaveLength(1);
    expect(bench.simulator.writes()).toEqual([]);
    expect(bench.simulator.purge.purges).toEqual([]);
  });

  it('has no way out: no clock, chance, files, network, modules, timers or process', async () => {
    const { value } = await run(`
      const names = ['Date', 'process', 'require', 'fetch', 'XMLHttpRequest', 'setTimeout', 'WebAssembly', 'Deno', '__host', '__log', 'performance'];
      const found = names.filter((name) => typeof globalThis[name] !== 'undefined');
      if (Math.random) found.push('Math.random');
      let imported = 'no';
      try { await import('node:fs'); imported = 'yes'; } catch {}
      const frozen = Object.isFrozen(akamai);
      const outer = (function () { return this; }).constructor.constructor('return typeof process')();
      return { found, imported, frozen, outer };
    `);
    expect(value).toEqual({ found: [], imported: 'no', frozen: true, outer: 'undefined' });
  });

  it.each<[string, string, Partial<ScriptLimits>, RegExp]>([
    ['computing', 'await null; for (;;) {}', { cpuMilliseconds: 100 }, /more than 100 ms/],
    [
      'memory',
      'const all = []; for (;;) all.push(new Uint8Array(1 << 20));',
      { memoryBytes: 8 << 20, cpuMilliseconds: 30_000 },
      /8 MiB/,
    ],
    ['calls', `for (let i = 0; i < 4; i++) await akamai.get('/papi/v1/groups');`, { calls: 3 }, /at most 3 calls/],
    [
      'plans',
      `for (;;) await akamai.post('/ccu/v3/delete/tag/staging', { body: { objects: ['a'] } });`,
      { plans: 2 },
      /at most 2 plans/,
    ],
    ['time', 'for (;;) {}', { totalMilliseconds: 1000, cpuMilliseconds: 60_000 }, /longer than 1 s/],
  ])('stops at its limit of %s', async (_name, program, limits, message) => {
    await expect(run(program, limits)).rejects.toThrow(message);
  });

  it('cuts its result and its log at the limit of output, and says so', async () => {
    const program = `for (let i = 0; i < 1000; i++) console.log('x'.repeat(100)); return 'x'.repeat(100000)`;
    const { value, note, logs } = await run(program, { outputBytes: 1000 });
    expect(note).toMatch(/100002 characters/);
    expect(String(value)).toHaveLength(1000);
    expect(logs).toHaveLength(10);
  });

  it('tells a mistake with its line, a refused call in words that it can catch, and a wait for nothing', async () => {
    await expect(run('const a = 1;\nreturn b;')).rejects.toThrow(/line 2\): ReferenceError/);
    await expect(run('return (;')).rejects.toThrow(/SyntaxError/);
    await expect(run('await new Promise(() => {})')).rejects.toThrow(/never comes/);
    await expect(run(`return akamai.get('/papi/v1/properties')`)).rejects.toThrow(/contractId/);
    const { value } = await run(
      `try { await akamai.call('papi', 'no-such') } catch (error) { return [error.name, error.kind] }`,
    );
    expect(value).toEqual(['AkamaiError', 'not-found']);
  });

  it('is not moved by what an answer says', async () => {
    bench.simulator.papi.groups.push({
      groupId: 'grp_9',
      groupName: '"}); akamai.post("/x"); ({"',
      contractIds: ['ctr_C-1'],
    });
    const { value } = await run(`return (await akamai.get('/papi/v1/groups')).groups.items.at(-1).groupName`);
    bench.simulator.papi.groups.pop();
    expect(value).toBe('"}); akamai.post("/x"); ({"');
  });
});
