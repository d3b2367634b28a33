import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runFts, spawnFts } from '../../testing/fts-process.ts';
import { temporaryHome } from '../../testing/temporary-home.ts';

const lifeVerbs = ['plan', 'train', 'quantize', 'evaluate', 'deploy', 'serve', 'benchmark'];
const dailyVerbs = ['akamai', 'models', 'runs', 'jobs', 'mcp', 'up', 'config', 'doctor'];

it('lists the verbs in the order of the life, then of daily use', async () => {
  const { code, stdout } = await runFts(['--help'], temporaryHome());
  const listed = [...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, word]) => word).filter((word) => word !== 'help');
  expect(code).toBe(0);
  expect(listed.slice(0, lifeVerbs.length + dailyVerbs.length)).toEqual([...lifeVerbs, ...dailyVerbs]);
});

it('shows one real example in the help of a verb', async () => {
  const { stdout } = await runFts(['jobs', 'show', '--help'], temporaryHome());
  expect(stdout).toMatch(/Example:\n {2}\$ fts jobs show /);
});

it('prints JSON for machines', async () => {
  const { code, stdout } = await runFts(['jobs', 'list', '--json'], temporaryHome());
  expect([code, JSON.parse(stdout)]).toEqual([0, { jobs: [] }]);
});

it('tells its version, and leaves the word to operations that have a version too', async () => {
  expect((await runFts(['--version'], temporaryHome())).stdout).toMatch(/^\d+\.\d+\.\d+/);
  const args = ['akamai', 'property-change', 'activate', 'www.example.com', '--version', '3', '--network', 'STAGING'];
  const { code, stderr } = await runFts(args, temporaryHome());
  expect([code, stderr]).toEqual([8, expect.stringMatching(/No Akamai credentials/)]);
});

it.each([
  { args: ['nonsense'], code: 2, says: /unknown command 'nonsense'/ },
  { args: ['jobs', 'list', '--limit', 'many'], code: 2, says: /limit.*expected number/ },
  { args: ['jobs', 'show', 'job-nowhere'], code: 3, says: /No job "job-nowhere"[\s\S]*fts jobs list/ },
  { args: ['deploy', 'nothing:q4_0'], code: 3, says: /No artifact "nothing:q4_0"/ },
])('refuses $args with one message, a remedy and exit code $code', async ({ args, code, says }) => {
  const result = await runFts(args, temporaryHome());
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(says);
  expect(result.stderr).not.toMatch(/^\s+at /m);
});

it('ends with 1 where a check did not pass, its result printed all the same', async () => {
  const { code, stdout } = await runFts(['audit', 'verify', '--head', 'f'.repeat(64), '--json'], temporaryHome());
  expect([code, JSON.parse(stdout)]).toMatchObject([1, { intact: false }]);
});

it('shows the stack only with --verbose', async () => {
  const { stderr } = await runFts(['jobs', 'show', 'job-nowhere', '--verbose'], temporaryHome());
  expect(stderr).toMatch(/^\s+at /m);
});

it('says which file of settings is broken', async () => {
  const home = temporaryHome();
  writeFileSync(join(home, 'config.json'), '{"server.port": "many"}');
  const { code, stderr } = await runFts(['config'], home);
  expect(code).toBe(2);
  expect(stderr).toContain('config.json');
});

it('says what to do when the home cannot be made', async () => {
  const file = join(temporaryHome(), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await runFts(['config'], temporaryHome(), { FTS_HOME: join(file, 'inner') });
  expect(code).toBe(7);
  expect(stderr).toMatch(/^error .*\n.*→ .*FTS_HOME/m);
});

it('ends quietly when whoever reads its output has seen enough', async () => {
  const child = spawnFts(['config'], temporaryHome());
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

it('names commands, not operations, in its help', async () => {
  const { stdout } = await runFts(['deploy', '--help'], temporaryHome());
  expect(stdout).toContain('`fts models list`');
});
