import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callOperation } from '../src/operations/call-operation.ts';
import { akamaiPurge } from '../src/operations/index.ts';
import { openServices } from '../src/services/open-services.ts';
import { akamaiOf } from '../src/workflows/akamai/akamai-services.ts';
import { simulatedEnvironment } from '../testing/akamai-simulator/environment.ts';
import { type Simulator, startSimulator } from '../testing/akamai-simulator/simulator.ts';
import { TestApprover } from '../testing/approver.ts';
import { assistantCaller } from '../testing/callers.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

it('applies an approved plan in the home that it was made in, and in no copy of it', async () => {
  const original = temporaryHome();
  const copy = join(temporaryHome(), 'copy');
  const open = (home: string) => openServices(simulatedEnvironment(simulator.origin, home), {});
  const services = open(original);
  const { plans, audit } = akamaiOf(services);
  const approver = await TestApprover.enrol({ database: services.database, audit });
  const call = { report: () => {}, signal: new AbortController().signal, caller: assistantCaller };
  const { id } = await callOperation(akamaiPurge, { objects: ['a-tag'], network: 'STAGING' }, services, call);
  approver.approve(plans, id);

  cpSync(original, copy, { recursive: true });
  const copied = open(copy);
  const who = { name: 'robot', channel: 'mcp' };
  await expect(akamaiOf(copied).plans.apply(id, who)).rejects.toThrow(/another home/);
  expect(simulator.writes()).toEqual([]);
  await plans.apply(id, who);
  expect(simulator.writes()).toHaveLength(1);
  await expect(akamaiOf(copied).plans.apply(id, who)).rejects.toThrow(/another home/);
  expect(simulator.writes()).toHaveLength(1);
  for (const { database } of [services, copied]) database.close();
});
