import { z } from 'zod';
import type { Database, Schema } from '../store/database.ts';
import { type ApproverRecord, approverRecordSchema } from './approver-record.ts';
import { encryptedKeySchema } from './passphrase-key.ts';

/**
 * Records are public and append-only. The encrypted private keys, and how often a wrong passphrase was given, are kept
 * apart: they may change (a new passphrase) without anything signed changing.
 */
export const approverTables: Schema = {
  owner: 'approvers',
  steps: [
    `CREATE TABLE approver_records (
      sequence INTEGER PRIMARY KEY,
      text TEXT NOT NULL,
      signature TEXT NOT NULL,
      audit_sequence INTEGER NOT NULL
    );
    CREATE TRIGGER approver_records_no_update BEFORE UPDATE ON approver_records
      BEGIN SELECT RAISE(ABORT, 'the record of approvers is append-only'); END;
    CREATE TRIGGER approver_records_no_delete BEFORE DELETE ON approver_records
      BEGIN SELECT RAISE(ABORT, 'the record of approvers is append-only'); END;
    CREATE TABLE approver_keys (
      credential_id TEXT PRIMARY KEY,
      encrypted TEXT NOT NULL,
      failures INTEGER NOT NULL DEFAULT 0,
      blocked_until TEXT
    );
    CREATE TABLE passkey_counters (credential_id TEXT PRIMARY KEY, counter INTEGER NOT NULL);`,
  ],
};

const json = z.string().transform((text): unknown => JSON.parse(text));
const recordRow = z
  .object({ text: z.string(), signature: json, audit_sequence: z.number() })
  .transform(({ audit_sequence, ...row }) => ({ ...approverRecordSchema.parse(row), auditSequence: audit_sequence }));
const keyRow = z.object({
  encrypted: json.pipe(encryptedKeySchema),
  failures: z.number(),
  blocked_until: z.string().nullable(),
});
const counterRow = z.object({ counter: z.number() });

export interface StoredRecord extends ApproverRecord {
  auditSequence: number;
}

/** In the order of their numbers. A row that cannot be read ends the list: nothing after it could be trusted. */
export function readRecords(database: Database): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const row of database.prepare('SELECT * FROM approver_records ORDER BY sequence').all()) {
    const parsed = safely(() => recordRow.parse(row));
    if (parsed === undefined) break;
    records.push(parsed);
  }
  return records;
}

export function countRecords(database: Database): number {
  const row = database.prepare('SELECT COUNT(*) AS counter FROM approver_records').get();
  return counterRow.parse(row).counter;
}

export function insertRecord(database: Database, sequence: number, record: StoredRecord): void {
  database
    .prepare('INSERT INTO approver_records VALUES (?, ?, ?, ?)')
    .run(sequence, record.text, JSON.stringify(record.signature), record.auditSequence);
}

export interface StoredKey {
  encrypted: z.output<typeof encryptedKeySchema>;
  /** Wrong passphrases since the last right one. */
  failures: number;
  blockedUntil: string | null;
}

/** Undefined where there is none, or where its bytes were changed. */
export function readKey(database: Database, credentialId: string): StoredKey | undefined {
  const row = database.prepare('SELECT * FROM approver_keys WHERE credential_id = ?').get(credentialId);
  const key = row === undefined ? undefined : safely(() => keyRow.parse(row));
  return key === undefined
    ? undefined
    : { encrypted: key.encrypted, failures: key.failures, blockedUntil: key.blocked_until };
}

export function writeKey(database: Database, credentialId: string, key: StoredKey): void {
  database
    .prepare('INSERT OR REPLACE INTO approver_keys VALUES (?, ?, ?, ?)')
    .run(credentialId, JSON.stringify(key.encrypted), key.failures, key.blockedUntil);
}

export function readCounter(database: Database, credentialId: string): number {
  const row = database.prepare('SELECT counter FROM passkey_counters WHERE credential_id = ?').get(credentialId);
  return row === undefined ? 0 : counterRow.parse(row).counter;
}

export function writeCounter(database: Database, credentialId: string, counter: number): void {
  database.prepare('INSERT OR REPLACE INTO passkey_counters VALUES (?, ?)').run(credentialId, counter);
}

function safely<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
