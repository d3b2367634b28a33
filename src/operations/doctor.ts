import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import pc from 'picocolors';
import { z } from 'zod';
import { lostRuleText } from '../akamai/changes/lost-rules.ts';
import { loadAccounts } from '../akamai/credentials/load-accounts.ts';
import { type ErrorRecord, FtsError } from '../errors/fts-error.ts';
import { forkSibling } from '../runtime/child-entry.ts';
import type { OperationContext } from '../services/context.ts';
import { padToWidth } from '../text/display-width.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';
import { verifyWithEvidence } from '../workflows/audit/audit-evidence.ts';
import type { NativeReport } from '../workflows/doctor/native-probe.ts';
import { defineOperation } from './operation.ts';

const checkSchema = z.object({
  name: z.string(),
  /** `warning`: something will not work until mended, the rest does. */
  verdict: z.enum(['ok', 'warning', 'problem']),
  finding: z.string(),
  remedy: z.string().optional(),
});
type Check = z.output<typeof checkSchema>;

const gigabyte = 1e9;
const leastNode = [20, 19] as const;
const probeSeconds = 20;

export const doctor = defineOperation({
  name: 'doctor',
  title: 'Check this machine',
  description:
    'Checks Node, the native libraries (each loaded in a child process), memory, disk, the port, the Akamai credentials and catalogue, and the audit log, and says how to mend what is wrong.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts doctor',
  input: z.object({}),
  output: z.object({ healthy: z.boolean(), checks: z.array(checkSchema) }),
  async run(_input, context) {
    const checks = await Promise.all([
      checkNode(),
      checkNative('libsql'),
      checkNative('onnx-runtime'),
      checkNative('llama.cpp'),
      checkMemory(),
      checkDisk(context.home.root),
      checkPort(context),
      checkCredentials(context),
      checkCatalogue(context),
      checkAudit(context),
    ]);
    return { healthy: checks.every(({ verdict }) => verdict !== 'problem'), checks };
  },
  passed: ({ healthy }) => healthy,
  render: ({ checks }) =>
    checks
      .map(({ name, verdict, finding, remedy }) => {
        const mark = { ok: pc.green('✓'), warning: pc.yellow('!'), problem: pc.red('✗') }[verdict];
        return `${mark} ${padToWidth(name, 14)}${finding}${remedy === undefined ? '' : `\n  ${' '.repeat(14)}→ ${remedy}`}`;
      })
      .join('\n'),
});

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const recent = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return recent
    ? { name: 'node', verdict: 'ok', finding: process.version }
    : {
        name: 'node',
        verdict: 'problem',
        finding: `${process.version} is too old`,
        remedy: `Install Node ${leastNode.join('.')} or newer.`,
      };
}

async function checkNative(name: string): Promise<Check> {
  const child = forkSibling(import.meta.url, '../workflows/doctor/native-probe', [name], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timeout = setTimeout(() => child.kill('SIGKILL'), probeSeconds * 1000);
  let message: { report?: NativeReport; error?: ErrorRecord } | undefined;
  child.on('message', (received) => {
    message = received as typeof message;
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timeout);
  if (message?.report !== undefined) {
    const { version, features } = message.report;
    return { name, verdict: 'ok', finding: [version, features].filter(Boolean).join('  ') };
  }
  return {
    name,
    verdict: 'problem',
    finding: message?.error?.message ?? `does not load (exit ${signal ?? code})`,
    remedy: message?.error?.remedy ?? 'Remove node_modules and run `npm install` again on this machine.',
  };
}

async function checkMemory(): Promise<Check> {
  const finding = `${(freemem() / gigabyte).toFixed(1)} GB free of ${(totalmem() / gigabyte).toFixed(1)} GB`;
  return freemem() > gigabyte
    ? { name: 'memory', verdict: 'ok', finding }
    : {
        name: 'memory',
        verdict: 'warning',
        finding,
        remedy: 'Close other programs: the sample life needs about 1 GB.',
      };
}

async function checkDisk(root: string): Promise<Check> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  const finding = `${(free / gigabyte).toFixed(1)} GB free at ${root}`;
  return free > gigabyte
    ? { name: 'disk', verdict: 'ok', finding }
    : {
        name: 'disk',
        verdict: 'problem',
        finding,
        remedy: 'Free some space, or move the whole FTS_HOME folder to a larger disk.',
      };
}

async function checkPort({ config }: OperationContext): Promise<Check> {
  const { 'server.host': host, 'server.port': port } = config.values;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return { name: 'port', verdict: 'ok', finding: `${host}:${port} is free` };
  } catch (error) {
    return {
      name: 'port',
      verdict: 'warning',
      finding: `${host}:${port} cannot be bound (${(error as NodeJS.ErrnoException).code})`,
      remedy: `Fine if fts is up already; otherwise start with \`fts up --port ${port + 1}\`.`,
    };
  } finally {
    server.close();
  }
}

async function checkCredentials({ environment }: OperationContext): Promise<Check> {
  try {
    const accounts = loadAccounts({ env: environment });
    accounts.get(); // says what to do when there is none
    return {
      name: 'credentials',
      verdict: 'ok',
      finding: accounts
        .list()
        .map(({ name }) => name)
        .join(', '),
    };
  } catch (thrown) {
    const { message, remedy } = FtsError.from(thrown);
    return { name: 'credentials', verdict: 'warning', finding: message, ...(remedy === undefined ? {} : { remedy }) };
  }
}

function checkCatalogue(context: OperationContext): Check {
  const name = 'catalogue';
  const akamai = akamaiOf(context);
  try {
    const { operations } = akamai.catalogue;
    const lost = akamai.lostRules;
    if (lost.length === 0) return { name, verdict: 'ok', finding: `${operations.length} operations of Akamai` };
    return {
      name,
      verdict: 'warning',
      finding: lost.map(lostRuleText).join(' '),
      remedy: `Install the newest version, or go back to the packed catalogue: remove ${akamai.syncedFolder}.`,
    };
  } catch (thrown) {
    const { message, remedy } = FtsError.from(thrown);
    return { name, verdict: 'problem', finding: message, ...(remedy === undefined ? {} : { remedy }) };
  }
}

async function checkAudit(context: OperationContext): Promise<Check> {
  const { verdict, rows, reason } = await verifyWithEvidence(context, {});
  if (verdict !== 'intact') {
    return {
      name: 'audit',
      verdict: verdict === 'broken' ? 'problem' : 'warning',
      finding: `${verdict}: ${reason}`,
      remedy: 'See it with `fts audit verify`, and compare with a backup.',
    };
  }
  const failing = context.anchors.states().filter(({ failure }) => failure !== null);
  if (failing.length === 0) return { name: 'audit', verdict: 'ok', finding: `intact, ${rows} rows` };
  return {
    name: 'audit',
    verdict: 'warning',
    finding: failing
      .map(({ anchor, failedAt, failure }) => `${anchor} not reached since ${failedAt}: ${failure}`)
      .join('; '),
    remedy: 'Check the setting audit.anchor; heads are sent again with the next row.',
  };
}
