import { digestOf } from '../src/store/canonical-json.ts';
import type { Database } from '../src/store/database.ts';

const triggers = { audit_log_no_update: 'UPDATE', audit_log_no_delete: 'DELETE' };

/** Changes the audit log as somebody with a copy of this program would: past its triggers, which stand again afterwards. */
export function tamper(database: Database, change: string | (() => void)): void {
  for (const name of Object.keys(triggers)) database.exec(`DROP TRIGGER ${name}`);
  if (typeof change === 'string') database.exec(change);
  else change();
  for (const [name, event] of Object.entries(triggers))
    database.exec(
      `CREATE TRIGGER ${name} BEFORE ${event} ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    );
}

/** Computes every hash again, so that the rows fit each other whatever they say. */
export function rehash(database: Database): void {
  let previousHash = '0'.repeat(64);
  for (const stored of database.prepare('SELECT * FROM audit_log ORDER BY sequence').all()) {
    const { hash: _hash, previous_hash: _previous, _metadata, ...row } = stored as Record<string, unknown>;
    const hash = digestOf({ ...row, previousHash });
    database
      .prepare('UPDATE audit_log SET previous_hash = ?, hash = ? WHERE sequence = ?')
      .run(previousHash, hash, row.sequence);
    previousHash = hash;
  }
}

/** Appends a row that fits the chain, without this program. */
export function forgeRow(database: Database, action: string): void {
  const [last] = database.prepare('SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1').all() as {
    sequence: number;
    hash: string;
  }[];
  const row = {
    sequence: (last?.sequence ?? 0) + 1,
    at: new Date().toISOString(),
    actor: 'ana',
    channel: 'terminal',
    action,
    subject: 'plan-1',
    outcome: 'ok',
    details: '{}',
    previousHash: last?.hash ?? '0'.repeat(64),
  };
  database
    .prepare('INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(...Object.values(row), digestOf(row));
}
