import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { z } from 'zod';
import { type Scope, scopes } from '../../src/access/api-keys.ts';
import { createApp } from '../../src/http/server.ts';
import type { Services } from '../../src/services/context.ts';
import { openServices } from '../../src/services/open-services.ts';
import type { Database } from '../../src/store/database.ts';
import { akamaiOf } from '../../src/workflows/akamai/akamai-services.ts';
import { simulatedEnvironment } from '../akamai-simulator/environment.ts';
import { type Simulator, startSimulator } from '../akamai-simulator/simulator.ts';
import { TestApprover } from '../approver.ts';
import { assistantCaller } from '../callers.ts';

/** A home with plans of every kind and an enrolled approver whose key no attacker has, in front of a simulated Akamai. */
export interface Fortress {
  services: Services;
  app: Hono;
  simulator: Simulator;
  ana: TestApprover;
  /** One id per situation; see `openFortress`. */
  plans: readonly string[];
  /** A key with each single scope, and one with all. */
  tokens: readonly string[];
  /** Puts database and heads back as they were before the attacks. */
  reset(): void;
  close(): Promise<void>;
}

export async function openFortress(): Promise<Fortress> {
  const simulator = await startSimulator();
  const www = { name: 'www.example.com', type: 'A', ttl: 300, rdata: ['192.0.2.1'] };
  simulator.dns.zones.push({ zone: 'example.com', contractId: 'C-1', version: 1, records: [www] });
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fts-fortress-'));
  const services = openServices(simulatedEnvironment(simulator.origin, folder), {});
  const { plans, audit } = akamaiOf(services);
  const ana = await TestApprover.enrol({ database: services.database, audit });
  const bea = await TestApprover.enrol({ database: services.database, audit }, { name: 'Bea', by: ana });
  const purge = async (tag: string): Promise<string> =>
    (
      await plans.plan(
        { api: 'ccu-v3', operationId: 'post-invalidate-tag', path: { network: 'staging' }, body: { objects: [tag] } },
        assistantCaller,
      )
    ).id;
  const record = async (address: string): Promise<string> =>
    (
      await plans.plan(
        {
          api: 'config-dns-v2',
          operationId: 'put-zones-zone-names-name-types-type',
          path: { zone: 'example.com', name: 'www.example.com', type: 'A' },
          body: { ...www, ttl: 60, rdata: [address] },
        },
        assistantCaller,
      )
    ).id;
  const made = {
    proposed: await purge('one'),
    proposedRecord: await record('192.0.2.9'),
    takenBack: await purge('two'),
    applied: await purge('three'),
    appliedRecord: await record('192.0.2.7'),
    byRemoved: await purge('four'),
    stale: await record('192.0.2.8'),
  };
  ana.approve(plans, made.takenBack);
  ana.deny(plans, made.takenBack);
  bea.approve(plans, made.byRemoved);
  akamaiOf(services).approvers.remove('Bea', assistantCaller, ana.signer);
  for (const id of [made.applied, made.appliedRecord]) {
    ana.approve(plans, id);
    await plans.apply(id, assistantCaller);
  }
  const tokens = [...scopes.map((scope): Scope[] => [scope]), [...scopes]].map(
    (granted, index) => services.keys.create(`key-${index}`, granted).token,
  );
  const app = createApp(services, { version: '0.0.0', command: ['fts'] });
  const snapshot = takeSnapshot(services, folder);
  return {
    services,
    app,
    simulator,
    ana,
    plans: Object.values(made),
    tokens,
    reset: snapshot,
    close: async () => {
      services.database.close();
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const named = z.array(z.object({ name: z.string(), sql: z.string() }));

/** Drops what keeps tables append-only, so that whatever follows can write anything. */
export function openTables(database: Database): void {
  const rows = named.parse(database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all());
  for (const { name } of rows) database.exec(`DROP TRIGGER ${name}`);
}

function takeSnapshot({ database, home }: Services, folder: string): () => void {
  const copy = join(folder, 'before.db');
  const heads = join(folder, 'before-heads.log');
  database.exec(`VACUUM INTO '${copy}'`);
  copyFileSync(home.auditHeads, heads);
  database.exec(`ATTACH '${copy}' AS before`);
  const listed = (type: string) =>
    named.parse(
      database.prepare(`SELECT name, sql FROM before.sqlite_master WHERE type = '${type}' AND sql IS NOT NULL`).all(),
    );
  const [tables, triggers] = [listed('table'), listed('trigger')];
  return () => {
    openTables(database);
    for (const { name } of tables)
      database.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM before.${name}`);
    for (const { sql } of triggers) database.exec(sql);
    copyFileSync(heads, home.auditHeads);
  };
}
