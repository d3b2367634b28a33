import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { ApiKeys, apiKeyTables } from './api-keys.ts';

let folder: string;
let database: Database;
let now: Date;
let keys: ApiKeys;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fts-keys-'));
  database = openDatabase(join(folder, 'fts.db'), [apiKeyTables]);
  now = new Date('2026-01-01T00:00:00Z');
  keys = new ApiKeys(database, () => now);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

describe('API keys', () => {
  it('are recognised by their token', () => {
    const { token, key } = keys.create('laptop', ['read', 'train']);
    expect(keys.verify(token)).toMatchObject({ id: key.id, name: 'laptop', scopes: ['read', 'train'] });
  });

  it('leave no trace of the secret at rest', () => {
    const { token } = keys.create('laptop', ['read']);
    database.pragma('wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(join(folder, 'fts.db'));
    expect(bytes.includes(token)).toBe(false);
    expect(bytes.includes(token.slice(17))).toBe(false);
  });

  it('are refused with another secret, of unknown id, malformed', () => {
    const { token } = keys.create('laptop', ['read']);
    const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const bad of [
      forged,
      token.replace(/^fts_.{12}/, 'fts_000000000000'),
      '',
      'fts_',
      `${token} `,
      'x'.repeat(1e6),
    ])
      expect(keys.verify(bad)).toBeUndefined();
  });

  it('end when they expire, and when they are revoked', () => {
    const short = keys.create('short', ['read'], 1).token;
    const long = keys.create('long', ['read']).token;
    expect(keys.verify(short)).toBeDefined();
    now = new Date('2026-01-02T00:00:01Z');
    expect(keys.verify(short)).toBeUndefined();
    expect(keys.verify(long)).toBeDefined();
    const revokedAt = keys.revoke('long').revokedAt;
    expect(keys.verify(long)).toBeUndefined();
    now = new Date('2026-01-03T00:00:00Z');
    expect(keys.revoke('long').revokedAt).toBe(revokedAt);
    expect(keys.hasValidKey()).toBe(false);
  });

  it('keep their name to themselves', () => {
    keys.create('laptop', ['read']);
    expect(() => keys.create('laptop', ['admin'])).toThrow(/already/);
    expect(() => keys.revoke('phone')).toThrow(/No key/);
  });
});
