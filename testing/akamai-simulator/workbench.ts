import { Catalogue } from '../../src/akamai/catalogue/catalogue.ts';
import { CallValidator } from '../../src/akamai/catalogue/validate-call.ts';
import { changeKinds } from '../../src/akamai/change-kinds.ts';
import { ReadOnlyCaller } from '../../src/akamai/changes/akamai-reader.ts';
import type { ChangePlan } from '../../src/akamai/changes/change-plan.ts';
import { ChangePlans } from '../../src/akamai/changes/change-plans.ts';
import type { Decision } from '../../src/akamai/changes/decide-plan.ts';
import { changePlanTables } from '../../src/akamai/changes/plan-store.ts';
import { AkamaiClient } from '../../src/akamai/client/akamai-client.ts';
import type { Clock } from '../../src/akamai/client/token-bucket.ts';
import { type Accounts, accountsOf } from '../../src/akamai/credentials/load-accounts.ts';
import { Secret } from '../../src/akamai/credentials/secret.ts';
import { approverTables } from '../../src/approval/approver-tables.ts';
import { Approvers } from '../../src/approval/approvers.ts';
import { AuditLog, auditTables } from '../../src/audit/audit-log.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { TestApprover } from '../approver.ts';
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
  approvers: Approvers;
  /** Enrolled, with the key at hand. */
  ana: TestApprover;
  /** Ana signs. */
  approve(id: string, given?: Omit<Decision, 'decision'>): ChangePlan;
  deny(id: string, given?: Omit<Decision, 'decision'>): ChangePlan;
  /** A second instance over the same database, as another process (or the next start) would have it. */
  anotherInstance(): ChangePlans;
  setMode(mode: 'read-only' | 'change'): void;
  setClientForms(allowed: boolean): void;
  /** Moves the clock of plans and audit; the client keeps real time. */
  pass(minutes: number): void;
  close(): Promise<void>;
}

export const assistant = { name: 'assistant', channel: 'mcp' };

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
  const database = openDatabase(options.database ?? ':memory:', [auditTables, changePlanTables, approverTables]);
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  const audit = new AuditLog(database, { now, knownSecrets: () => secrets });
  let mode: 'read-only' | 'change' = 'change';
  let clientForms = false;
  const approvers = new Approvers(database, audit, { now });
  const ana = await TestApprover.enrol({ database, audit, now });
  const shared = {
    database,
    audit,
    catalogue,
    validator,
    caller: client,
    accounts,
    kinds: changeKinds,
    now,
    approvers,
  };
  const anotherInstance = () => new ChangePlans({ ...shared, mode: () => mode, clientForms: () => clientForms });
  const plans = anotherInstance();
  return {
    simulator,
    database,
    audit,
    catalogue,
    validator,
    client,
    reads: new ReadOnlyCaller(client, catalogue, audit, assistant),
    plans,
    approvers,
    ana,
    approve: (id, given) => ana.approve(plans, id, given),
    deny: (id, given) => ana.deny(plans, id, given),
    anotherInstance,
    setMode: (wanted) => {
      mode = wanted;
    },
    setClientForms: (allowed) => {
      clientForms = allowed;
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
