import { describe, expect, it } from 'vitest';
import { tamper } from '../../testing/tampering.ts';
import { immediately, openDatabase } from '../store/database.ts';
import { auditLine } from './audit-export.ts';
import { type AuditEvent, AuditLog, auditTables } from './audit-log.ts';

const open = (secrets: string[] = []) => {
  const database = openDatabase(':memory:', [auditTables]);
  return { database, log: new AuditLog(database, { knownSecrets: () => secrets }) };
};
const event = (subject: string, details: Record<string, unknown> = {}): AuditEvent => ({
  actor: 'ana',
  channel: 'terminal',
  action: 'plan.approved',
  subject,
  outcome: 'ok',
  details,
});

describe('the audit log', () => {
  it('chains rows and verifies them', () => {
    const { log } = open();
    for (let index = 0; index < 2500; index++) log.record(event(`plan-${index}`, { index }));
    const verdict = log.verify();
    expect(verdict).toMatchObject({ intact: true, rows: 2500 });
    expect(log.list({ limit: 1 })[0]?.hash).toBe(verdict.head);
  });

  it.each([
    ['a NUL', 'a\u0000b', 'a␀b'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
  ])('keeps its chain where a name holds %s', (_name, subject, kept) => {
    const { log } = open();
    log.record({ ...event(subject, { subject }), actor: subject });
    expect(log.verify()).toMatchObject({ intact: true, rows: 1 });
    expect(log.list({ limit: 1 })[0]).toMatchObject({ subject: kept, actor: kept, details: { subject } });
  });

  it('refuses updates and deletes', () => {
    const { database, log } = open();
    log.record(event('a'));
    expect(() => database.exec("UPDATE audit_log SET actor = 'eve'")).toThrow(/append-only/);
    expect(() => database.exec('DELETE FROM audit_log')).toThrow(/append-only/);
  });

  it.each([
    ['an altered row', "UPDATE audit_log SET actor = 'eve' WHERE sequence = 2", 2],
    ['a removed row', 'DELETE FROM audit_log WHERE sequence = 2', 2],
    ['a replaced hash', "UPDATE audit_log SET hash = 'x' WHERE sequence = 1", 1],
  ])('notices %s even when the triggers were dropped', (_name, sql, brokenAt) => {
    const { database, log } = open();
    for (const name of ['a', 'b', 'c']) log.record(event(name));
    tamper(database, sql);
    expect(log.verify()).toMatchObject({ intact: false, brokenAt });
  });

  it('notices a cut-off end when it is given an earlier head', () => {
    const { database, log } = open();
    for (const name of ['a', 'b', 'c']) log.record(event(name));
    const { head } = log.verify();
    log.record(event('d'));
    expect(log.verify({ head }).intact).toBe(true);
    tamper(database, 'DELETE FROM audit_log WHERE sequence >= 3;');
    expect(log.verify().intact).toBe(true);
    expect(log.verify({ head })).toMatchObject({ intact: false, brokenAt: 3 });
  });

  it('rolls a row back with the change that it records', () => {
    const { database, log } = open();
    expect(() =>
      immediately(database, () => {
        log.record(event('a'));
        throw new Error('the change failed');
      }),
    ).toThrow('the change failed');
    expect(log.verify().rows).toBe(0);
  });

  it('keeps secrets out of rows', () => {
    const { log } = open(['hunter2-hunter2']);
    log.record(
      event('a', {
        client_secret: 'abc',
        headers: { Authorization: 'EG1-HMAC-SHA256 client_token=x;signature=y' },
        note: 'uses hunter2-hunter2 and Bearer abcdefghijklmnop',
        body: { root_pass: 'pass', label: 'web' },
        key: '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
      }),
    );
    const text = JSON.stringify(log.list({ limit: 1 }));
    for (const secret of ['abc"', 'signature', 'hunter2', 'abcdefghijklmnop', '"pass"', 'MIIE']) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('"label":"web"');
  });

  it('finds rows by words and fields, newest first', () => {
    const { log } = open();
    log.record(event('plan-1', { property: 'www.example.com' }));
    log.record({ ...event('plan-2'), action: 'plan.denied', outcome: 'refused' });
    log.record(event('plan-3', { property: 'api.example.com' }));
    const subjects = (filter: object) => log.list({ limit: 10, ...filter }).map((row) => row.subject);
    expect(subjects({ text: 'EXAMPLE ana' })).toEqual(['plan-3', 'plan-1']);
    expect(subjects({ outcome: 'refused' })).toEqual(['plan-2']);
    expect(subjects({ action: 'plan.approved', limit: 1 })).toEqual(['plan-3']);
    expect(subjects({ beforeSequence: 3 })).toEqual(['plan-2', 'plan-1']);
  });

  it('exports JSON Lines and escaped CEF', () => {
    const { log } = open();
    log.record(event('a|b=c\\d', { text: 'one\ntwo' }));
    const [row] = [...log.all()];
    expect(JSON.parse(auditLine(row!, 'jsonl'))).toEqual(row);
    const cef = auditLine(row!, 'cef');
    expect(cef).toMatch(/^CEF:0\|FTS\|fts-mcp-server\|1\|plan\.approved\|plan\.approved ok\|3\|rt=\d+ suser=ana /);
    expect(cef).toContain('cs1=a|b\\=c\\\\d ');
    expect(cef.split('\n')).toHaveLength(1);
  });
});
