import { Catalogue } from '../../src/akamai/catalogue/catalogue.ts';
import { CallValidator } from '../../src/akamai/catalogue/validate-call.ts';
import { changeKinds } from '../../src/akamai/change-kinds.ts';
import { ReadOnlyCaller } from '../../src/akamai/changes/akamai-reader.ts';
import { ChangePlans } from '../../src/akamai/changes/change-plans.ts';
import { changePlanTables } from '../../src/akamai/changes/plan-store.ts';
import { AkamaiClient } from '../../src/akamai/client/akamai-client.ts';
import type { Clock } from '../../src/akamai/client/token-bucket.ts';
import { type Accounts, accountsOf } from '../../src/akamai/credentials/load-accounts.ts';
import { Secret } from '../../src/akamai/credentials/secret.ts';
import { AuditLog, auditTables } from '../../src/store/audit-log.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';

const secrets = ['client-token-1', 'client-secret-1', 'access-token-1', 'linode-token-1'] as const;

function simulatedAccounts(origin: string): Accounts {
  const [clientToken, clientSecret, accessToken, token] = secrets.map((text) => new Secret(text));
  return accountsOf([
    {
      name: 'default',
      source: 'simulator',
      edgeGrid: {
        origin,
        clientToken: clientToken!,
        clientSecret: clientSecret!,
        accessToken: accessToken!,
        maxBodyBytes: 131_072,
      },
      linode: { origin, token: token! },
    },
  ]);
}

export interface Workbench {
  simulator: Simulator;
  database: Database;
  audit: AuditLog;
  catalogue: Catalogue;
  validator: CallValidator;
  client: AkamaiClient;
  /** What operations are given: it can only read. */
  reads: ReadOnlyCaller;
  plans: ChangePlans;
  /** A second instance over the same database, as another process (or the next start) would have it. */
  anotherInstance(): ChangePlans;
  setMode(mode: 'read-only' | 'change'): void;
  /** Moves the clock of plans and audit; the client keeps real time. */
  pass(minutes: number): void;
  close(): Promise<void>;
}

export const assistant = { name: 'assistant', channel: 'mcp' };
export const person = { approver: 'Ana', channel: 'terminal' } as const;

let catalogue: Catalogue | undefined;
let validator: CallValidator | undefined;

/** Simulator, client, database and change plans, joined as the program joins them. */
export async function openWorkbench(
  options: SimulatorOptions & { database?: string; clock?: Clock } = {},
): Promise<Workbench> {
  const simulator = await startSimulator(options);
  const accounts = simulatedAccounts(simulator.origin);
  const client = new AkamaiClient({ accounts, ...(options.clock ? { clock: options.clock } : {}) });
  catalogue ??= Catalogue.load();
  validator ??= new CallValidator(catalogue);
  const database = openDatabase(options.database ?? ':memory:', [auditTables, changePlanTables]);
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  const audit = new AuditLog(database, { now, knownSecrets: () => secrets });
  let mode: 'read-only' | 'change' = 'change';
  const shared = { database, audit, catalogue, validator, caller: client, accounts, kinds: changeKinds, now };
  const anotherInstance = () => new ChangePlans({ ...shared, mode: () => mode });
  return {
    simulator,
    database,
    audit,
    catalogue,
    validator,
    client,
    reads: new ReadOnlyCaller(client, catalogue, audit, assistant),
    plans: anotherInstance(),
    anotherInstance,
    setMode: (wanted) => {
      mode = wanted;
    },
    pass: (minutes) => {
      offset += minutes * 60_000;
    },
    close: async () => {
      await client.close();
      await simulator.close();
      database.close();
    },
  };
}
