// `npm run conformance -- 2026-07-28`: the official suite's required server scenarios for one protocol revision, against
// the product's own routes. Ends with the counts; fails on any required scenario that does not pass.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startConformanceServer } from '../testing/conformance/server.ts';

const suite = join(import.meta.dirname, '../testing/conformance');
const [revision = '2026-07-28', ...more] = process.argv.slice(2);

const installed = join(suite, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
if (!existsSync(installed)) {
  console.log('Installing the suite (once) …');
  execFileSync('npm', ['ci', '--no-fund', '--no-audit', '--prefix', suite], { stdio: ['ignore', 'ignore', 'inherit'] });
}
// The suite needs Node 22: ours if it is new enough, else the one that its package brings.
const node =
  Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : join(suite, 'node_modules/node/bin/node');

const server = await startConformanceServer();
try {
  const output: string[] = [];
  const code = await run(node, [installed, 'server', '--url', server.url, '--requirements', revision, ...more], output);
  closeWithCounts(output.join('').split('\n'));
  process.exitCode = code;
} finally {
  await server.close();
}

/** The suite's summary has a line for each scenario, and after it the names of those that do not count. */
function closeWithCounts(lines: string[]): void {
  const scenarios = lines.flatMap((line) => /^([✓✗]) (\S+): (\d+) passed, (\d+) failed/.exec(line)?.slice(1) ?? []);
  const unscored = new Set(lines.flatMap((line) => /^ {2}[✓✗] (\S+) \(/.exec(line)?.[1] ?? []));
  const counts = { required: [0, 0], unscored: [0, 0] };
  for (let index = 0; index < scenarios.length; index += 4) {
    const [mark, name] = scenarios.slice(index, index + 2);
    const count = counts[unscored.has(name!) ? 'unscored' : 'required'];
    count[1]!++;
    if (mark === '✓') count[0]!++;
  }
  console.log(
    `\nProtocol ${revision}: ${counts.required.join(' of ')} required scenarios pass; ${counts.unscored.join(' of ')} unscored ones do.`,
  );
}

function run(command: string, args: string[], output: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: suite });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output.push(chunk);
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
