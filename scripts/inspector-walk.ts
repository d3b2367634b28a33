// `npm run inspector`: the MCP Inspector's command line does the walk that the SDK's clients do (testing/mcp-walk.ts): over
// HTTP and stdio, in both eras of the protocol, through its connected form `mcpdo`; and its one-shot form the calls that
// need no connection. Installs the Inspector apart the first time: it needs Node 22.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type Answer,
  byJobTools,
  openWalkWorld,
  outcomeOf,
  type Walker,
  type WalkWorld,
  walk,
} from '../testing/mcp-walk.ts';

const folder = join(import.meta.dirname, '../test/inspector');
const clients = join(folder, 'node_modules/@modelcontextprotocol/inspector/clients');
if (!existsSync(clients)) {
  console.log('Installing the Inspector (once) …');
  execFileSync('npm', ['install', '--no-fund', '--no-audit', '--no-package-lock', '--prefix', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
const node =
  Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : join(folder, 'node_modules/node/bin/node');
const secondsPerCall = 120;
/** The daemon of `mcpdo`, its socket and its notes live here. */
const home = mkdtempSync(join(tmpdir(), 'fts-inspector-'));

/** Runs a command of the Inspector and returns what it prints; a tool that failed is its exit code 5, and no fault. */
async function run(program: string, args: string[]): Promise<string> {
  const environment = { ...process.env, HOME: home, NO_COLOR: '1' };
  const options = { env: environment, timeout: secondsPerCall * 1000, maxBuffer: 64 * 1024 * 1024 };
  try {
    return (await promisify(execFile)(node, [join(clients, program), ...args], options)).stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (code === 5 && stdout.trim() !== '') return stdout;
    throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${stdout}\n${stderr}`);
  }
}

const mcpdo = async (...args: string[]): Promise<Record<string, unknown>> => {
  const printed = await run('mcpdo/build/mcp-bin.js', ['--format', 'json', ...args]);
  return JSON.parse(printed === '' ? '{}' : printed) as Record<string, unknown>;
};

async function connect(world: WalkWorld, transport: 'http' | 'stdio', era: 'legacy' | 'modern'): Promise<Walker> {
  const variables = Object.entries(world.environment).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const { command, args } = world.stdio;
  const target = transport === 'http' ? [world.url] : [...variables, '--', command, ...args];
  const open = async (name: string): Promise<string> => {
    const opened = await mcpdo('connect', '--conn', name, '--era', era, '--connect-timeout', '60000', ...target);
    assert.equal(opened.protocolEra, era);
    return name;
  };
  const main = await open(`${transport}-${era}`);
  const on = ['--conn', main];
  const call: Walker['call'] = async (tool, values, answer) => {
    const result = await mcpdo('tools/call', tool, '--tool-args-json', JSON.stringify(values), ...on);
    const pending = result.elicitationPending as { elicitationId: string; message: string } | undefined;
    if (pending === undefined) return outcomeOf(result, undefined);
    const given = answerArguments(answer ?? 'decline');
    const end = await mcpdo('elicitation/respond', pending.elicitationId, ...given, ...on);
    return outcomeOf(end, pending.message);
  };
  const jobs = era === 'legacy' ? byJobTools(call) : byTasks(call, await open(`${transport}-${era}-tasks`), main);
  return {
    ...jobs,
    call,
    list: async () => ((await mcpdo('tools/list', ...on)).tools as { name: string }[]).map((tool) => tool.name),
    read: async (uri) => ((await mcpdo('resources/read', uri, ...on)).contents as { text: string }[])[0]!.text,
    close: async () => void (await mcpdo('disconnect', main)),
  };
}

/**
 * In the modern era `mcpdo` knows the Tasks extension: it follows the task of a call until its end, one call after the
 * other on a connection. So jobs start on a connection of their own, and are cancelled as tasks from the main one.
 */
function byTasks(call: Walker['call'], taskConnection: string, main: string): Pick<Walker, 'start' | 'cancel'> {
  const newest = async (): Promise<string | undefined> =>
    ((await call('jobs_list', { limit: 1 })).data.jobs as { id: string }[])[0]?.id;
  return {
    start: async (tool, values) => {
      const before = await newest();
      // It ends with its task; one that is cancelled ends as a failed call.
      mcpdo('tools/call', tool, '--tool-args-json', JSON.stringify(values), '--conn', taskConnection).catch(() => {});
      for (;;) {
        const id = await newest();
        if (id !== undefined && id !== before) return id;
        await delay(500);
      }
    },
    cancel: async (id) => void (await mcpdo('tasks/cancel', id, '--conn', main)),
  };
}

const answerArguments = (answer: Answer): string[] =>
  answer === 'decline' ? ['--decline'] : [`decision:=${JSON.stringify(answer)}`];

/** The one-shot form: one call, then it ends. */
async function singleCalls(target: string[], options: string[]): Promise<void> {
  const once = async (...args: string[]) =>
    JSON.parse(await run('launcher/build/index.js', ['--cli', ...options, ...target, ...args])) as Record<
      string,
      never
    >;
  assert((await once('--method', 'tools/list')).tools);
  assert((await once('--method', 'resources/read', '--uri', 'fts://models')).contents);
  assert((await once('--method', 'tools/call', '--tool-name', 'jobs_list')).structuredContent);
}

const world = await openWalkWorld();
try {
  for (const transport of ['http', 'stdio'] as const) {
    for (const era of ['legacy', 'modern'] as const) {
      const walker = await connect(world, transport, era);
      await walk(walker, world);
      await walker.close();
      console.log(`✓ mcpdo over ${transport}, ${era} era: the whole walk`);
    }
  }
  const variables = Object.entries(world.environment).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  await singleCalls([world.url], []);
  console.log('✓ inspector --cli over http: tools/list, resources/read, tools/call');
  await singleCalls([world.stdio.command, ...world.stdio.args], variables);
  console.log('✓ inspector --cli over stdio: tools/list, resources/read, tools/call');
} finally {
  await mcpdo('daemon', 'stop').catch(() => {});
  await world.close();
  rmSync(home, { recursive: true, force: true });
}
