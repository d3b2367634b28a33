import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { spawnFts } from '../testing/fts-process.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

it('ends `fts mcp` at SIGTERM although the client keeps its end of the pipe open', async () => {
  const child = spawnFts(['mcp'], temporaryHome());
  const exit = once(child, 'exit');
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: {} })}\n`);
  const [answer] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  expect(JSON.parse(answer)).toMatchObject({ jsonrpc: '2.0', id: 1 });
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});
