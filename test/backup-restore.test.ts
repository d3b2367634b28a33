import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runFts, spawnFts } from '../testing/fts-process.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

/** Starts a server, and gives its address once it answers. */
async function serving(home: string) {
  const server = spawnFts(['serve', '--port', '0'], home);
  let text = '';
  for await (const chunk of server.stdout) {
    text += String(chunk);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) return { server, url };
  }
  throw new Error(`the server ended: ${text}`);
}

it('makes a backup beside a server that goes on writing, and restores it elsewhere', { timeout: 240_000 }, async () => {
  const home = temporaryHome();
  const elsewhere = join(temporaryHome(), 'restored');
  expect((await runFts(['keys', 'create', 'laptop', '--scopes', 'train'], home)).code).toBe(0);
  const { server, url } = await serving(home);
  try {
    // Refused calls are rows of the audit log, so this keeps the server writing until the backup is there.
    let isDone = false;
    let calls = 0;
    const writing = (async () => {
      while (!isDone) {
        const body = JSON.stringify({ id: `job-${calls++}` });
        const headers = { 'content-type': 'application/json', authorization: `Bearer fts_${'0'.repeat(12)}_${calls}` };
        await fetch(`${url}/api/operations/jobs.cancel?${calls}`, { method: 'POST', headers, body });
      }
    })();
    const archive = join(temporaryHome(), 'backup.tar');
    const backup = await runFts(['backup', archive, '--json'], home);
    isDone = true;
    await writing;
    expect(backup.code, backup.stderr).toBe(0);
    const { sha256, auditHead } = JSON.parse(backup.stdout) as { sha256: string; auditHead: { sequence: number } };
    expect(auditHead.sequence).toBeGreaterThan(1);

    const again = await runFts(['backup', archive], home);
    expect(again.code).toBe(4);
    const restored = await runFts(['restore', archive, '--sha256', sha256], elsewhere);
    expect(restored.code, restored.stderr).toBe(0);
    const verified = await runFts(['audit', 'verify', '--json'], elsewhere);
    expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'intact', rows: auditHead.sequence + 1 });
    expect((await runFts(['keys', 'list'], elsewhere)).stdout).toContain('laptop');
    expect(JSON.parse((await runFts(['audit', 'verify', '--json'], home)).stdout)).toMatchObject({ verdict: 'intact' });
    const starts = await runFts(['audit', 'list', '--action', 'server.start', '--json'], home);
    expect(JSON.parse(starts.stdout)).toMatchObject({
      rows: [{ details: { settings: { 'server.port': { value: 0, from: 'flag' } } } }],
    });

    expect((await runFts(['restore', archive], elsewhere)).code).toBe(4);
    const overServer = await runFts(['restore', archive, '--replace'], home);
    expect(overServer.code).toBe(4);
    expect(overServer.stderr).toContain('open');
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  expect(readdirSync(join(home, 'cache'))).toEqual([]);
});
