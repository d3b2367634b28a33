import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { type Database, immediately, type Schema } from '../store/database.ts';

export const apiKeyTables: Schema = {
  owner: 'api-keys',
  steps: [
    `CREATE TABLE api_keys (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      hash TEXT NOT NULL,
      scopes TEXT NOT NULL,
      created_at TEXT NOT NULL,
      expires_at TEXT,
      last_used_at TEXT,
      revoked_at TEXT
    );`,
    // The scope `approve` is gone: people approve as approvers, with a signature. Keys that had it keep their others.
    `UPDATE api_keys SET scopes =
      (SELECT json_group_array(value) FROM json_each(api_keys.scopes) WHERE value <> 'approve');`,
  ],
};

/** What a key or token may do; `admin` covers all. None approves a change plan: that takes an approver's signature. */
export const scopes = ['read', 'train', 'serve', 'plan', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** A key as it is kept: everything but its secret. */
export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type ApiKey = z.output<typeof apiKeySchema>;

const storedRow = z
  .object({
    id: z.string(),
    name: z.string(),
    hash: z.string(),
    scopes: z.string(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    last_used_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
  })
  .transform(({ hash, ...row }) => ({
    hash,
    key: apiKeySchema.parse({
      id: row.id,
      name: row.name,
      scopes: JSON.parse(row.scopes),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at,
      revokedAt: row.revoked_at,
    }),
  }));

/** What every key of ours begins with. */
export const keyPrefix = 'fts_';
const tokenPattern = /^fts_([0-9a-f]{12})_([\w-]{43})$/;
const usedResolutionMilliseconds = 60_000;

/**
 * Keys for programs. A token is `fts_ID_SECRET` with 256 random bits; only its SHA-256 is kept, which is enough for a
 * secret that nobody can guess (a slow hash protects passwords that people choose).
 */
export class ApiKeys {
  private readonly database: Database;
  private readonly now: () => Date;

  constructor(database: Database, now: () => Date = () => new Date()) {
    this.database = database;
    this.now = now;
  }

  /** Makes a key. Its token is returned this once and cannot be had again. */
  create(name: string, granted: readonly Scope[], lifetimeDays?: number): { key: ApiKey; token: string } {
    const id = randomBytes(6).toString('hex');
    const token = `fts_${id}_${randomBytes(32).toString('base64url')}`;
    const createdAt = this.now();
    const expiresAt =
      lifetimeDays === undefined ? null : new Date(createdAt.getTime() + lifetimeDays * 86_400_000).toISOString();
    return immediately(this.database, () => {
      if (this.database.prepare('SELECT id FROM api_keys WHERE name = ?').get(name) !== undefined) {
        throw new FtsError('conflict', `There is a key "${name}" already.`, {
          field: 'name',
          value: name,
          remedy: 'Choose another name: a revoked key keeps its name, so that the audit log stays clear.',
        });
      }
      this.database
        .prepare('INSERT INTO api_keys (id, name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, name, hashOf(token), JSON.stringify([...new Set(granted)]), createdAt.toISOString(), expiresAt);
      return { key: this.get(name), token };
    });
  }

  /** The key of a token; undefined when it is malformed, unknown, revoked or expired: nobody is told which. */
  verify(token: string): ApiKey | undefined {
    const id = tokenPattern.exec(token)?.[1];
    if (id === undefined) return undefined;
    const row = this.database.prepare('SELECT * FROM api_keys WHERE id = ?').get(id);
    if (row === undefined) return undefined;
    const { hash, key } = storedRow.parse(row);
    if (!timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(token), 'hex'))) return undefined;
    if (!this.isValid(key)) return undefined;
    this.markUsed(key);
    return key;
  }

  /** Newest first. */
  list(): ApiKey[] {
    return this.database
      .prepare('SELECT * FROM api_keys ORDER BY created_at DESC')
      .all()
      .map((row) => storedRow.parse(row).key);
  }

  get(name: string): ApiKey {
    const row = this.database.prepare('SELECT * FROM api_keys WHERE name = ?').get(name);
    if (row === undefined) {
      throw new FtsError('not-found', `No key "${name}".`, {
        field: 'name',
        value: name,
        remedy: 'See what there is with `fts keys list`.',
      });
    }
    return storedRow.parse(row).key;
  }

  /** Ends a key for good; doing it again changes nothing. */
  revoke(name: string): ApiKey {
    this.get(name);
    this.database
      .prepare('UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE name = ?')
      .run(this.now().toISOString(), name);
    return this.get(name);
  }

  hasValidKey(): boolean {
    return this.list().some((key) => this.isValid(key));
  }

  private isValid({ revokedAt, expiresAt }: ApiKey): boolean {
    return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > this.now().getTime());
  }

  /** Once a minute is enough to see which keys are in use, and spares a write for each request. */
  private markUsed({ id, lastUsedAt }: ApiKey): void {
    const now = this.now();
    if (lastUsedAt !== null && now.getTime() - Date.parse(lastUsedAt) < usedResolutionMilliseconds) return;
    this.database.prepare('UPDATE api_keys SET last_used_at = ? WHERE id = ?').run(now.toISOString(), id);
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
