import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdir, open } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { anchorAddress } from '../../config/anchor-address.ts';
import type { AuditHead } from '../audit-heads.ts';

const timeoutMilliseconds = 5000;
/** Facility authpriv, severity notice. */
const priority = 10 * 8 + 5;

/** Keeps a head at an address of the setting `audit.anchor`. Throws where that fails, within about five seconds. */
export async function sendHead(anchor: string, head: AuditHead): Promise<void> {
  const address = anchorAddress(anchor);
  switch (address?.kind) {
    case 'file':
      return appendLine(address.path, JSON.stringify(record(head)));
    case 'http':
      return post(address.url, record(head));
    case 'syslog':
      return sendDatagram(
        address.host,
        address.port,
        `<${priority}>1 ${record(head).at} ${hostname()} fts ${process.pid} audit - ${inWords(head)}`,
      );
    case 'local-syslog':
      await promisify(execFile)('logger', ['-t', 'fts', '-p', 'authpriv.notice', '--', inWords(head)], {
        timeout: timeoutMilliseconds,
      });
      return;
    default:
      throw new Error(`${anchor} is no address for heads`);
  }
}

const record = ({ sequence, hash }: AuditHead) => ({ sequence, hash, at: new Date().toISOString(), host: hostname() });
const inWords = ({ sequence, hash }: AuditHead): string => `audit sequence=${sequence} hash=${hash}`;

async function appendLine(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(`${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

function sendDatagram(host: string, port: number, message: string): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)));
  }).finally(() => socket.close());
}
