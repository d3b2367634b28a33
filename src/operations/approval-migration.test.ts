import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { apiKeyTables } from '../access/api-keys.ts';
import { changePlanTables } from '../akamai/changes/plan-store.ts';
import { openServices } from '../services/open-services.ts';
import { openDatabase } from '../store/database.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';

it('opens a home from before approvals were signed: keys lose the scope, approvals stay readable and count for nothing', async () => {
  const home = temporaryHome();
  const old = openDatabase(join(home, 'fts.db'), [
    { ...apiKeyTables, steps: apiKeyTables.steps.slice(0, 1) },
    { ...changePlanTables, steps: changePlanTables.steps.slice(0, 1) },
  ]);
  const insertKey = old.prepare('INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)');
  insertKey.run('0123456789ab', 'ana', '00', '["read","plan","approve"]', '2026-01-01T00:00:00.000Z');
  insertKey.run('0123456789ac', 'only', '00', '["approve"]', '2026-01-01T00:00:00.000Z');
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const content = {
    id: 'plan-old',
    kind: 'cache-purge',
    call: {
      api: 'ccu-v3',
      operationId: 'post-invalidate-url',
      effect: 'write',
      account: 'default',
      origin: 'https://akab.luna.akamaiapis.net',
      server: 'edgegrid',
      method: 'POST',
      template: '/ccu/v3/invalidate/url/{network}',
      pathValues: { network: 'staging' },
      path: '/ccu/v3/invalidate/url/staging',
      query: {},
      headers: {},
      body: { json: { objects: ['https://www.example.com/a'] } },
    },
    observed: { state: null },
    description: { title: 'Purge', affects: [], blastRadius: 'x', differences: [], wayBack: 'x', warnings: [] },
    requestedBy: 'assistant',
    channel: 'mcp',
    createdAt: new Date().toISOString(),
    expiresAt: later,
  };
  const approval = {
    digest: 'd',
    approver: 'ana',
    channel: 'terminal',
    overrideStaging: false,
    at: later,
    auditSequence: 1,
  };
  old
    .prepare(
      "INSERT INTO change_plans (id, digest, state, content, approval, created_at, updated_at) VALUES (?, 'd', 'approved', ?, ?, ?, ?)",
    )
    .run('plan-old', JSON.stringify(content), JSON.stringify(approval), content.createdAt, content.createdAt);
  old.close();

  const services = openServices({ FTS_HOME: home, FTS_AKAMAI_MODE: 'change' }, {});
  try {
    expect(services.keys.list().map(({ name, scopes }) => [name, scopes])).toEqual([
      ['ana', ['read', 'plan']],
      ['only', []],
    ]);
    const { plans } = akamaiOf(services);
    expect(plans.get('plan-old').approval).toMatchObject({ kind: 'unsigned', approver: 'ana' });
    await expect(plans.apply('plan-old', { name: 'x', channel: 'mcp' })).rejects.toThrow(/changed by hand|signed/);
  } finally {
    services.database.close();
  }
});
