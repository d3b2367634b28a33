import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Scope, scopes } from '../../src/access/api-keys.ts';
import type { Caller } from '../../src/access/caller.ts';
import { approvalText, bodyText, planDigest, shownText } from '../../src/akamai/changes/approval-text.ts';
import { planContentSchema } from '../../src/akamai/changes/change-plan.ts';
import { followChain, recordText } from '../../src/approval/approver-record.ts';
import { fingerprintOf, type Signature } from '../../src/approval/credential.ts';
import { PassphraseKey } from '../../src/approval/passphrase-key.ts';
import { sha256Of } from '../../src/approval/signed-text.ts';
import { connectToOurselves } from '../../src/assistant/own-client.ts';
import { callOperation } from '../../src/operations/call-operation.ts';
import { findOperation, operations } from '../../src/operations/find-operation.ts';
import { canonicalJson, digestOf } from '../../src/store/canonical-json.ts';
import { akamaiOf } from '../../src/workflows/akamai/akamai-services.ts';
import { testCost } from '../approver.ts';
import { type Fortress, openTables } from './fortress.ts';

/** Numbers from which an attack chooses whom, what and how; kept small, so that a failing sequence can be read. */
export interface Choice {
  plan: number;
  way: number;
  who: number;
}

type Attack = (fortress: Fortress, choice: Choice) => Promise<unknown> | unknown;

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length]!;
const guesses = ['', 'password', 'correct horse', 'Ana', 'correct horse battery stapl', '123456789012', 'undefined'];

const mallory = generateKeyPairSync('ed25519');
const malloryPublic = mallory.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
const malloryId = 'approver-00000000beef';
const malloryCredential = { kind: 'passphrase', id: 'key-mallory', publicKey: malloryPublic } as const;
const signedByMallory = (text: string, credentialId: string): Signature => ({
  kind: 'passphrase',
  credentialId,
  signature: sign(null, Buffer.from(text), mallory.privateKey).toString('base64url'),
});
const malloryPassphrase = 'mallory was here, twice';

/** What somebody who has no key sends: to approve, to become an approver, to get more rights, to apply. */
function wish({ plans, services }: Fortress, { plan, way, who }: Choice): [string, Record<string, unknown>] {
  const planId = pick(plans, plan);
  const digest = String(row(services.database, planId)?.digest);
  const guess = pick(guesses, who);
  const assertion = {
    kind: 'passkey',
    credentialId: 'AAAA',
    authenticatorData: 'AAAA',
    clientDataJSON: 'AAAA',
    signature: 'AAAA',
  };
  const decision = { planId, shownDigest: digest, approver: 'Ana', approved: true, state: 'approved' };
  return pick<[string, Record<string, unknown>]>(
    [
      ['akamai.apply', { planId }],
      ['akamai.approve', { ...decision, passphrase: guess }],
      ['akamai.approve', { ...decision, passkey: { at: new Date().toISOString(), assertion } }],
      ['akamai.approve', { planId, digest }],
      ['akamai.approve.begin', { planId, decision: 'approve', shownDigest: digest, approver: 'Ana' }],
      ['approvers.add', { name: 'Mallory' }],
      ['approvers.remove', { name: 'Ana', signer: 'Ana' }],
      ['approvers.passphrase', { name: 'Ana' }],
      ['keys.create', { name: `more-${way}`, scopes: ['admin', 'plan', 'approve'] }],
      ['keys.create', { name: `less-${way}`, scopes: ['admin'] }],
      ['akamai.rollback', { planId: pick(plans, 3) }],
      ['akamai.purge', { objects: ['everything'], network: 'staging' }],
      ['akamai.dns.change', { action: 'set', name: 'www.example.com', type: 'A', data: ['192.0.2.66'] }],
      ['akamai.read', { api: 'POST', operation: '/ccu/v3/invalidate/tag/production', body: { objects: ['x'] } }],
      ['akamai.plan', { api: 'DELETE', operation: '/config-dns/v2/zones/example.com/names/www.example.com/types/A' }],
      ['akamai.apply', { planId, approved: true, digest, approval: { approver: 'Ana' } }],
    ].filter(([name]) => operations.some((operation) => operation.name === name)) as [
      string,
      Record<string, unknown>,
    ][],
    way,
  );
}

const callers = (way: number): Caller => ({
  name: pick(['Ana', 'root', 'key:x'], way),
  channel: pick(['mcp', 'http', 'console', 'terminal'] as const, way),
  credential: pick(['none', 'stdio', 'key', 'token', 'terminal'] as const, way),
  scopes: way % 3 === 0 ? (['admin'] as Scope[]) : [...scopes],
});

/** A decision that is signed with a key that nobody enrolled, or with a signature made for something else. */
function forgedApproval(fortress: Fortress, planId: string, way: number) {
  const { services, ana, plans } = fortress;
  const content = planContentSchema.parse(JSON.parse(String(row(services.database, planId)!.content)));
  const { approvers } = akamaiOf(services).approvers.list();
  const enrolled = approvers.find(({ id }) => id === ana.signer.approverId);
  const credentialId = enrolled?.credentials[0]?.id ?? 'key-none';
  const decided = {
    decision: 'approve' as const,
    approverId: ana.signer.approverId,
    at: new Date().toISOString(),
    overrideStaging: true,
    reason: 'urgent',
  };
  const replayed = JSON.parse(String(row(services.database, pick(plans, 3))!.approval)) as {
    signature: Signature;
    at: string;
  };
  return pick<object>(
    [
      {
        kind: 'signed',
        ...decided,
        approver: 'Ana',
        channel: 'terminal',
        auditSequence: 1,
        signature: signedByMallory(approvalText(content, decided), credentialId),
      },
      {
        kind: 'signed',
        ...decided,
        approver: 'Ana',
        channel: 'terminal',
        auditSequence: 1,
        signature: replayed.signature,
      },
      { ...replayed },
      { kind: 'client-form', ...decided, approver: 'Ana', channel: 'mcp', auditSequence: 1 },
      { kind: 'unsigned', ...decided, approver: 'Ana', channel: 'terminal', auditSequence: 1 },
      {
        kind: 'signed',
        ...decided,
        approverId: malloryId,
        approver: 'Mallory',
        channel: 'terminal',
        auditSequence: 1,
        signature: signedByMallory(approvalText(content, { ...decided, approverId: malloryId }), malloryCredential.id),
      },
    ],
    way,
  );
}

interface Row {
  digest: unknown;
  content: unknown;
  approval: unknown;
}
const row = (database: Fortress['services']['database'], id: string): Row | undefined =>
  database.prepare('SELECT digest, content, approval FROM change_plans WHERE id = ?').get(id) as Row | undefined;

/** A row of the audit log with the right hash, written past the program. */
function forgeAuditRow(
  { services: { database } }: Fortress,
  event: { action: string; subject: string; details: object },
): number {
  const last = database.prepare('SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1').get() as {
    sequence: number;
    hash: string;
  };
  const unsealed = {
    sequence: last.sequence + 1,
    at: new Date().toISOString(),
    actor: 'Ana',
    channel: 'terminal',
    action: event.action,
    subject: event.subject,
    outcome: 'ok',
    details: JSON.stringify(event.details),
    previousHash: last.hash,
  };
  database
    .prepare(
      'INSERT INTO audit_log (sequence, at, actor, channel, action, subject, outcome, details, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run(...(Object.values({ ...unsealed, hash: digestOf(unsealed) }) as string[]));
  return unsealed.sequence;
}

/** Removes rows of the audit log and computes all hashes again, so that the rest fits. */
function rewriteAudit({ services: { database } }: Fortress, isGone: (row: Record<string, unknown>) => boolean): void {
  openTables(database);
  const rows = database.prepare('SELECT * FROM audit_log ORDER BY sequence').all() as Record<string, unknown>[];
  database.exec('DELETE FROM audit_log');
  let previousHash = '0'.repeat(64);
  for (const [index, { at, actor, channel, action, subject, outcome, details }] of rows
    .filter((one) => !isGone(one))
    .entries()) {
    const unsealed = { sequence: index + 1, at, actor, channel, action, subject, outcome, details, previousHash };
    const hash = digestOf(unsealed);
    database
      .prepare('INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(...(Object.values({ ...unsealed, hash }) as string[]));
    previousHash = hash;
  }
}

/** Enrols Mallory past the program: as the first and only approver, or after Ana. */
function enrolMallory(fortress: Fortress, alone: boolean): void {
  const { database } = fortress.services;
  const isRecord = ({ subject, action }: Record<string, unknown>): boolean =>
    subject === 'approvers' && String(action).startsWith('approver.');
  if (alone) {
    rewriteAudit(fortress, isRecord);
    database.exec('DELETE FROM approver_records');
  }
  const records = database.prepare('SELECT text, signature FROM approver_records ORDER BY sequence').all() as {
    text: string;
    signature: string;
  }[];
  const chain = followChain(
    records.map(({ text, signature }) => ({ text, signature: JSON.parse(signature) as Signature })),
  );
  const content = {
    sequence: chain.valid + 1,
    previous: chain.head === undefined ? null : sha256Of(chain.head),
    action: 'enrol' as const,
    approver: { id: malloryId, name: 'Mallory' },
    credential: malloryCredential,
    by: alone ? malloryId : fortress.ana.signer.approverId,
    at: new Date().toISOString(),
  };
  const text = recordText(content);
  const sequence = forgeAuditRow(fortress, {
    action: 'approver.enrolled',
    subject: 'approvers',
    details: {
      approver: 'Mallory',
      by: 'Mallory',
      fingerprint: fingerprintOf(malloryCredential),
      record: sha256Of(text),
    },
  });
  database
    .prepare('INSERT INTO approver_records VALUES (?, ?, ?, ?)')
    .run(content.sequence, text, JSON.stringify(signedByMallory(text, malloryCredential.id)), sequence);
}

/** What the attacks do to the database; after each an apply is tried at once. */
const tamperings: Record<string, (fortress: Fortress, choice: Choice) => Promise<void> | void> = {
  'call a plan approved': ({ services, plans }, { plan }) => {
    services.database.prepare("UPDATE change_plans SET state = 'approved' WHERE id = ?").run(pick(plans, plan));
  },
  'write an approval beside a plan': (fortress, { plan, way }) => {
    const id = pick(fortress.plans, plan);
    const approval = forgedApproval(fortress, id, way);
    fortress.services.database
      .prepare("UPDATE change_plans SET state = 'approved', approval = ? WHERE id = ?")
      .run(JSON.stringify(approval), id);
    forgeAuditRow(fortress, {
      action: 'plan.approved',
      subject: id,
      details: { digest: row(fortress.services.database, id)!.digest, ...approval },
    });
  },
  'change what a plan sends': ({ services: { database }, plans }, { plan, way }) => {
    const id = pick(plans, plan);
    const content = planContentSchema.parse(JSON.parse(String(row(database, id)!.content)));
    if (content.call.body !== undefined && 'json' in content.call.body)
      content.call.body.json = { objects: ['everything'] };
    if (way % 2 === 0) content.expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    if (way % 3 === 0) content.bodies = [{ sha256: sha256Of(bodyText(content.call.body, undefined)), secret: false }];
    if (way % 5 < 2) content.shown = shownText(content);
    database
      .prepare("UPDATE change_plans SET state = 'approved', content = ?, digest = ? WHERE id = ?")
      .run(canonicalJson(content), planDigest(content), id);
  },
  'send an applied plan again': (fortress, { plan, way }) => {
    const id = pick([fortress.plans[3]!, fortress.plans[4]!], plan);
    fortress.services.database
      .prepare("UPDATE change_plans SET state = 'approved', outcome = NULL, pid = NULL WHERE id = ?")
      .run(id);
    if (way % 2 === 0)
      rewriteAudit(
        fortress,
        ({ subject, action }) => subject === id && action !== 'plan.created' && action !== 'plan.approved',
      );
    if (way % 3 === 0) fortress.simulator.dns.zones[0]!.records[0]!.rdata = ['192.0.2.1'];
    if (way % 3 === 0) fortress.simulator.dns.zones[0]!.records[0]!.ttl = 300;
  },
  'take a denial away': (fortress, { way }) => {
    const id = fortress.plans[2]!;
    fortress.services.database
      .prepare("UPDATE change_plans SET state = 'approved', denial = NULL WHERE id = ?")
      .run(id);
    if (way % 2 === 0) rewriteAudit(fortress, ({ subject, action }) => subject === id && action === 'plan.denied');
  },
  'enrol somebody past the program': (fortress, { way, plan }) => {
    enrolMallory(fortress, way % 2 === 0);
    const id = pick(fortress.plans, plan);
    const approval = forgedApproval(fortress, id, 5);
    fortress.services.database
      .prepare("UPDATE change_plans SET state = 'approved', approval = ? WHERE id = ?")
      .run(JSON.stringify(approval), id);
  },
  'put another key in the place of an approver’s': async ({ services, plans, ana }, { plan, way }) => {
    const { database } = services;
    const credentialId = ana.signer.sign('x').credentialId;
    const encrypted = await new PassphraseKey(credentialId, mallory.privateKey).encrypt(malloryPassphrase, testCost);
    database
      .prepare('UPDATE approver_keys SET encrypted = ?, failures = 0, blocked_until = NULL')
      .run(JSON.stringify(encrypted));
    if (way % 2 === 0) {
      openTables(database);
      database
        .prepare('UPDATE approver_records SET text = replace(text, ?, ?)')
        .run(publicKeyIn(database), malloryPublic);
    }
    const planId = pick(plans, plan);
    const caller: Caller = { name: 'key:x', channel: 'console', credential: 'key', scopes: [...scopes] };
    const input = {
      planId,
      approver: 'Ana',
      passphrase: malloryPassphrase,
      shownDigest: String(row(database, planId)!.digest),
    };
    await callOperation(findOperation('akamai.approve'), input, services, {
      report: () => {},
      signal: new AbortController().signal,
      caller,
    }).catch(() => {});
  },
  'bring an approver back who was removed': (fortress) => {
    openTables(fortress.services.database);
    fortress.services.database.exec('DELETE FROM approver_records WHERE sequence = 3');
  },
  'forget the end of the audit log': ({ services: { database } }, { way }) => {
    openTables(database);
    database.exec(`DELETE FROM audit_log WHERE sequence > ${way % 2 === 0 ? 0 : 8}`);
  },
  'write a key into the database': ({ services: { database } }, { who }) => {
    const hash = createHash('sha256').update('fts_mallory').digest('hex');
    database
      .prepare('INSERT OR REPLACE INTO api_keys (id, name, hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(
        'mallory',
        'mallory',
        hash,
        JSON.stringify(who % 2 === 0 ? ['admin'] : ['admin', 'approve']),
        new Date().toISOString(),
      );
  },
};

function publicKeyIn(database: Fortress['services']['database']): string {
  const { text } = database.prepare('SELECT text FROM approver_records ORDER BY sequence').get() as { text: string };
  return /"publicKey":"([\w-]+)"/.exec(text)?.[1] ?? 'none';
}

async function apply({ services, plans }: Fortress, { plan }: Choice): Promise<void> {
  for (const id of [pick(plans, plan), plans[2]!, plans[3]!, plans[4]!, plans[5]!])
    await akamaiOf(services)
      .plans.apply(id, callers(plan))
      .catch(() => {});
}

const origins = [
  undefined,
  'http://127.0.0.1:8787',
  'http://localhost:3000',
  'https://evil.example',
  'null',
  'http://127.0.0.1:9999',
];
const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];

const clients = new Map<number, ReturnType<typeof connectToOurselves>>();

/** An assistant that shows its person nothing and answers every form itself; kept, since connecting takes long. */
function clientOf({ services }: Fortress, who: number): ReturnType<typeof connectToOurselves> {
  const kind = who % 6;
  const client =
    clients.get(kind) ??
    connectToOurselves(services, {
      version: '0.0.0',
      toolsets: ['all'],
      caller: { ...callers(kind), channel: 'mcp' },
      person: {
        shows: kind % 2 === 0 ? 'forms' : 'links',
        answer: async () => ({
          action: 'accept',
          content: { decision: 'approve', overrideStaging: true, reason: 'yes' },
        }),
      },
    });
  clients.set(kind, client);
  return client;
}

export async function disconnect(): Promise<void> {
  for (const client of clients.values()) await (await client).close();
  clients.clear();
}

export const attacks: Record<string, Attack> = {
  'over HTTP': async (fortress, choice) => {
    const [name, input] = wish(fortress, choice);
    const token = pick([undefined, ...fortress.tokens, 'fts_forged', 'fts_mallory'], choice.who);
    const origin = pick(origins, choice.plan);
    const response = await fortress.app.request(`http://127.0.0.1:8787/api/operations/${name}`, {
      method: 'POST',
      headers: {
        host: '127.0.0.1:8787',
        'content-type': pick(types, choice.way % 7 === 0 ? choice.who : 0),
        ...(origin === undefined ? {} : { origin }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(input),
    });
    await response.text();
  },
  'over MCP, answering every form itself': async (fortress, choice) => {
    const [name, input] = wish(fortress, choice);
    const client = await clientOf(fortress, choice.who);
    await client.callTool({ name: name.replaceAll('.', '_'), arguments: input });
  },
  'past the faces': async (fortress, choice) => {
    const [name, input] = wish(fortress, choice);
    const terminal = { show: () => {}, ask: async () => 'yes', askHidden: async () => pick(guesses, choice.who) };
    await callOperation(findOperation(name), input, fortress.services, {
      report: () => {},
      signal: new AbortController().signal,
      caller: callers(choice.who),
      ...(choice.plan % 2 === 0 ? { terminal } : {}),
      askPerson: async () => ({
        action: 'accept',
        values: { decision: 'approve', overrideStaging: true, reason: 'yes' },
        person: 'Ana',
      }),
    });
  },
  'with a forged signature': (fortress, { plan, way }) => {
    const { plans: records } = akamaiOf(fortress.services);
    const id = pick(fortress.plans, plan);
    const { approverId } = fortress.ana.signer;
    const { text, at } = records.draft(id, { decision: 'approve' }, { id: approverId, name: 'Ana' });
    const old = JSON.parse(String(row(fortress.services.database, fortress.plans[3]!)!.approval)) as {
      signature: Signature;
      at: string;
    };
    const credentialId = fortress.ana.signer.sign('x').credentialId;
    const [signature, moment] = pick<[Signature, string]>(
      [
        [signedByMallory(text, credentialId), at],
        [signedByMallory(text, malloryCredential.id), at],
        [old.signature, old.at],
        [old.signature, at],
        [fortress.ana.signer.sign(text.replace('approve', 'deny')), at],
      ],
      way,
    );
    records.decide(
      id,
      { decision: 'approve' },
      { approver: { id: approverId, name: 'Ana' }, at: moment, signature, channel: 'terminal' },
    );
  },
  'apply everything': apply,
  ...Object.fromEntries(
    Object.entries(tamperings).map(([name, tamper]): [string, Attack] => [
      name,
      async (fortress, choice) => {
        await tamper(fortress, choice);
        await apply(fortress, choice);
      },
    ]),
  ),
};

/** Attacks that write to the database, after which the audit log may say so. */
export const isTampering = (name: string): boolean => name in tamperings;

/** Attacks that write to the audit log itself, after which it has to say so. */
export const forgesLog = (name: string): boolean =>
  ['write an approval beside a plan', 'enrol somebody past the program', 'forget the end of the audit log'].includes(
    name,
  );
