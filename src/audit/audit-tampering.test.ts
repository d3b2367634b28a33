import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { forgeRow, rehash, tamper } from '../../testing/tampering.ts';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { type Database, immediately, openDatabase } from '../store/database.ts';
import { AuditHeads } from './audit-heads.ts';
import { AuditLog, auditTables } from './audit-log.ts';

const databases: Database[] = [];
afterEach(() => {
  for (const database of databases.splice(0)) database.close();
});

function open(folder: string) {
  const database = openDatabase(join(folder, 'fts.db'), [auditTables]);
  databases.push(database);
  const heads = new AuditHeads(join(folder, 'audit-heads.log'));
  return { folder, database, heads, log: new AuditLog(database, { heads }) };
}

function record(log: AuditLog, count: number): void {
  for (let index = 0; index < count; index++)
    log.record({ actor: 'ana', channel: 'terminal', action: 'keys.create', subject: `key-${index}`, outcome: 'ok' });
}

/** A home with twelve rows. */
function twelve() {
  const opened = open(temporaryHome());
  record(opened.log, 12);
  return opened;
}

describe('an audit log whose heads are kept beside its database', () => {
  it('is intact, and says what that does not prove', () => {
    const verdict = twelve().log.verify();
    expect(verdict).toMatchObject({ verdict: 'intact', intact: true, rows: 12 });
    expect(verdict.proves.join(' ')).toContain('Rows 1 to 12 are those that this program appended');
    expect(verdict.cannotProve.join(' ')).toContain('rows 1 to 12 were not written anew');
  });

  it.each<[string, (database: Database) => void, number | undefined, string]>([
    ['its last row is cut off', (db) => tamper(db, 'DELETE FROM audit_log WHERE sequence > 11'), 12, 'missing'],
    ['its last five rows are cut off', (db) => tamper(db, 'DELETE FROM audit_log WHERE sequence > 7'), 8, 'missing'],
    ['it is emptied', (db) => tamper(db, 'DELETE FROM audit_log'), 1, 'missing'],
    [
      'a row is changed and all hashes are computed again',
      (db) =>
        tamper(db, () => {
          db.exec("UPDATE audit_log SET actor = 'eve' WHERE sequence = 5");
          rehash(db);
        }),
      5,
      'written anew',
    ],
    [
      'all rows are written anew from the first on',
      (db) =>
        tamper(db, () => {
          db.exec("UPDATE audit_log SET subject = 'other'");
          rehash(db);
        }),
      1,
      'written anew',
    ],
    [
      'a row is taken out and the others are numbered again',
      (db) =>
        tamper(db, () => {
          db.exec('DELETE FROM audit_log WHERE sequence = 3');
          for (let row = 4; row <= 12; row++)
            db.exec(`UPDATE audit_log SET sequence = ${row - 1} WHERE sequence = ${row}`);
          rehash(db);
        }),
      3,
      'written anew',
    ],
    ['a row that fits is appended past the program', (db) => forgeRow(db, 'plan.approved'), 13, 'did not append'],
    ['its triggers are dropped', (db) => db.exec('DROP TRIGGER audit_log_no_update'), undefined, 'append-only'],
    [
      'a trigger is replaced by one that does nothing',
      (db) =>
        db.exec(
          'DROP TRIGGER audit_log_no_delete; CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT 1; END',
        ),
      undefined,
      'append-only',
    ],
  ])('is broken when %s', (_name, change, brokenAt, reason) => {
    const { database, log } = twelve();
    change(database);
    const verdict = log.verify();
    expect(verdict).toMatchObject({ verdict: 'broken', intact: false, reason: expect.stringContaining(reason) });
    expect(verdict.brokenAt).toBe(brokenAt);
  });

  it('is broken after an older database was put in place, also when rows follow', () => {
    const { folder, database, log } = twelve();
    database.exec(`VACUUM INTO '${join(folder, 'older.db')}'`);
    record(log, 3);
    // The same folder elsewhere: libsql lets go of a closed file only when its statements are collected.
    const home = temporaryHome();
    copyFileSync(join(folder, 'older.db'), join(home, 'fts.db'));
    copyFileSync(join(folder, 'audit-heads.log'), join(home, 'audit-heads.log'));
    const restored = open(home);
    expect(restored.log.verify()).toMatchObject({ verdict: 'broken', brokenAt: 13 });
    record(restored.log, 4);
    expect(restored.log.verify()).toMatchObject({ verdict: 'broken', brokenAt: 13 });
  });

  it('is unconfirmed as a database copied alone, without its write-ahead log or its heads, also after new rows', () => {
    const { folder, database, log } = twelve();
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    record(log, 20); // these are in fts.db-wal only
    const elsewhere = temporaryHome();
    copyFileSync(join(folder, 'fts.db'), join(elsewhere, 'fts.db'));
    const copied = open(elsewhere);
    const verdict = copied.log.verify();
    expect(verdict).toMatchObject({ verdict: 'unconfirmed', intact: false, rows: 12 });
    expect(verdict.reason).toContain('nothing outside the database confirms');
    record(copied.log, 2);
    expect(copied.log.verify()).toMatchObject({ verdict: 'unconfirmed', rows: 14 });
  });

  it('is found cut by a head or by places elsewhere, whatever was done to the file beside it', () => {
    const { folder, database, log } = twelve();
    const head = log.head()!;
    tamper(database, 'DELETE FROM audit_log WHERE sequence > 7');
    rmSync(join(folder, 'audit-heads.log'));
    expect(log.verify().verdict).toBe('unconfirmed');
    expect(log.verify({ head: head.hash }).verdict).toBe('broken');
    expect(log.verify({ places: [{ name: 'the collector', heads: [head] }] })).toMatchObject({
      verdict: 'broken',
      brokenAt: 8,
      reason: expect.stringContaining('the collector'),
    });
  });
});

describe('heads beside the database', () => {
  it('explain a crash before and after the commit, and a transaction that was rolled back', () => {
    const { database, log, heads } = twelve();
    expect(() =>
      immediately(database, () => {
        record(log, 1);
        throw new Error('the change failed');
      }),
    ).toThrow('the change failed');
    expect(log.verify()).toMatchObject({ verdict: 'intact', rows: 12 });
    // A crash between the commit and its line in the file:
    record(log, 1);
    writeFileSync(heads.path, readFileSync(heads.path, 'utf8').replace(/committed 13 .*\n/, ''));
    expect(log.verify()).toMatchObject({ verdict: 'intact', rows: 13 });
    // A crash in the middle of a line:
    writeFileSync(heads.path, 'committed 1', { flag: 'a' });
    record(log, 2);
    expect(log.verify()).toMatchObject({ verdict: 'intact', rows: 15 });
  });

  it('let no row be written that they cannot name first', () => {
    const database = openDatabase(join(temporaryHome(), 'fts.db'), [auditTables]);
    databases.push(database);
    const log = new AuditLog(database, { heads: new AuditHeads('/nowhere/audit-heads.log') });
    expect(() => record(log, 1)).toThrow();
    expect(log.head()).toBeUndefined();
  });

  it('begin in an older log with a row that says so', () => {
    const folder = temporaryHome();
    const older = openDatabase(join(folder, 'fts.db'), [{ ...auditTables, steps: auditTables.steps.slice(0, 1) }]);
    for (let row = 1; row <= 3; row++) forgeRow(older, 'plan.created');
    older.close();
    const { log } = open(folder);
    log.adoptHeads();
    log.adoptHeads();
    expect(log.list({ limit: 9 }).map(({ action }) => action)).toEqual([
      'audit.heads-begun',
      'plan.created',
      'plan.created',
      'plan.created',
    ]);
    const verdict = log.verify();
    expect(verdict).toMatchObject({ verdict: 'intact', rows: 4 });
    expect(verdict.cannotProve.join(' ')).toContain('rows 1 to 3 were all');
  });

  it('show every removal of rows from the end, and every change of one row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), fc.boolean(), (rows, at, cut) => {
        fc.pre(at <= rows);
        const { database, log } = open(temporaryHome());
        record(log, rows);
        tamper(database, () => {
          database.exec(
            cut
              ? `DELETE FROM audit_log WHERE sequence >= ${at}`
              : `UPDATE audit_log SET details = '{"by":"eve"}' WHERE sequence = ${at}`,
          );
          rehash(database);
        });
        expect(log.verify()).toMatchObject({ verdict: 'broken', brokenAt: at });
      }),
      { numRuns: 25 },
    );
  });
});
