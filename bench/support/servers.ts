import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineSettings } from '../../src/serving/engine/protocol.ts';

/** A server under measurement. */
export interface BenchServer {
  url: string;
  stop(): Promise<void>;
}

/** `--peer PATH` of the words behind the bench's name, else llama-server on PATH, else the reason there is none. */
export function findLlamaServer(args: readonly string[]): { path: string } | { reason: string } {
  const named = args.indexOf('--peer');
  const candidates =
    named >= 0
      ? [args[named + 1] ?? '']
      : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'llama-server'));
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return { path };
    } catch {
      // Not here.
    }
  }
  return { reason: 'llama-server is not on PATH and no --peer PATH names it' };
}

/** The value behind `--name`, or the fallback. */
export function option(args: readonly string[], name: string, fallback: string): string {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : (args[at + 1] ?? fallback);
}

/** Our server on a GGUF, in its own process. */
export async function startOurs(ggufPath: string, settings: Omit<EngineSettings, 'ggufPath'>): Promise<BenchServer> {
  const script = fileURLToPath(new URL('./serve-gguf.ts', import.meta.url));
  const words = ['--import', 'tsx', script, ggufPath, JSON.stringify(settings)];
  const child = start(process.execPath, words, ['ignore', 'pipe', 'inherit']);
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) if (line.startsWith('http')) return { url: line, stop: () => stop(child) };
  throw new Error('our server ended before it was ready');
}

/** llama-server on the same GGUF with its own defaults but for what is given here. */
export async function startLlamaServer(path: string, ggufPath: string, flags: readonly string[]): Promise<BenchServer> {
  const port = await freePort();
  const child = start(path, ['-m', ggufPath, '--host', '127.0.0.1', '--port', String(port), ...flags], 'ignore');
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 600; attempt++) {
    const healthy = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return { url, stop: () => stop(child) };
    if (hasEnded(child)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop(child);
  throw new Error(`${path} did not become ready`);
}

/**
 * Starts a server that does not outlive this process, whether a bench returns, throws or is killed: a shell kills the
 * server when our end of the shell's input closes. Handlers in this process would not do: tsx kills a process that is too
 * busy to answer Ctrl-C at once.
 */
function start(command: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  const server = spawn(command, args, { stdio });
  // Detached, so that Ctrl-C does not end the shell first.
  const guard = spawn('sh', ['-c', 'read -r _; kill -KILL "$0"', `${server.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  server.once('exit', () => guard.kill());
  return server;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (hasEnded(child)) return resolve();
    const force = setTimeout(() => child.kill('SIGKILL'), 3000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
