import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callerBy } from '../../../testing/callers.ts';
import { tamper } from '../../../testing/tampering.ts';
import { temporaryHome } from '../../../testing/temporary-home.ts';
import { AuditAnchors, auditAnchorTables } from '../../audit/anchors/audit-anchors.ts';
import { readAnchorFile } from '../../audit/anchors/read-anchor-file.ts';
import { AuditLog, auditTables } from '../../audit/audit-log.ts';
import { anchorAddress } from '../../config/anchor-address.ts';
import type { Services } from '../../services/context.ts';
import { closeServices, openServices } from '../../services/open-services.ts';
import { openDatabase } from '../../store/database.ts';
import { verifyWithEvidence } from './audit-evidence.ts';

const record = ({ audit }: Pick<Services, 'audit'>, subject = ''): void =>
  void audit.record({ actor: 'ana', channel: 'terminal', action: 'keys.create', subject, outcome: 'ok' });
const caller = callerBy('terminal', 'ana');
const verify = (services: Services, given = {}) => verifyWithEvidence({ ...services, caller }, given);

/** Opens a home, lets `work` be done in it, and closes it as a command does. */
async function inHome<Result>(
  home: string,
  anchors: string[],
  work: (services: Services) => Result | Promise<Result>,
): Promise<Result> {
  const services = openServices({ FTS_HOME: home }, { 'audit.anchor': anchors });
  try {
    return await work(services);
  } finally {
    await closeServices(services);
  }
}

describe('an anchor in a file', () => {
  it('gets the newest head by the end of the process, and shows that a log was written anew with its heads', async () => {
    const home = temporaryHome();
    const file = join(temporaryHome(), 'elsewhere', 'heads.jsonl');
    await inHome(home, [file], (services) => {
      for (const subject of ['a', 'b', 'c']) record(services, subject);
    });
    expect((await readAnchorFile(file)).at(-1)?.sequence).toBe(3);
    await inHome(home, [file], async (services) => {
      const verdict = await verify(services);
      expect(verdict).toMatchObject({ verdict: 'intact', rows: 3 });
      expect(verdict.proves.join(' ')).toContain(`Rows 1 to 3 stand as they stood when ${file} was kept`);
      expect(verdict.cannotProve.join(' ')).not.toContain('written anew');
      // Somebody who may write everything in the home removes a row and the lines that name it.
      tamper(services.database, 'DELETE FROM audit_log WHERE sequence = 3');
      const heads = services.home.auditHeads;
      writeFileSync(heads, readFileSync(heads, 'utf8').replaceAll(/^\w+ 3 .*\n/gm, ''));
      expect(services.audit.verify()).toMatchObject({ verdict: 'intact', rows: 2 });
      expect(await verify(services)).toMatchObject({ verdict: 'broken', brokenAt: 3 });
    });
    await inHome(home, [], async (services) => {
      expect(await verify(services)).toMatchObject({ verdict: 'intact' });
      expect(await verify(services, { anchor: file })).toMatchObject({ verdict: 'broken', brokenAt: 3 });
    });
  });

  it('that is gone leaves the log unconfirmed', async () => {
    const home = temporaryHome();
    const file = join(temporaryHome(), 'heads.jsonl');
    await inHome(home, [file], (services) => record(services));
    rmSync(file);
    await inHome(home, [file], async (services) => {
      expect(await verify(services)).toMatchObject({ verdict: 'unconfirmed', reason: expect.stringContaining(file) });
    });
  });

  it('is named by a terminal alone', async () => {
    const home = temporaryHome();
    await inHome(home, [], async (services) => {
      const anchor = join(home, 'config.json');
      const assistant = callerBy('mcp', 'assistant');
      const refused = verifyWithEvidence({ ...services, caller: assistant }, { anchor });
      await expect(refused).rejects.toMatchObject({ kind: 'forbidden' });
    });
  });
});

describe('an anchor elsewhere', () => {
  it('over HTTP gets heads as JSON, and what failed again later', async () => {
    const got: { sequence: number }[] = [];
    let isUp = false;
    const collector = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      if (isUp) got.push(JSON.parse(body));
      response.writeHead(isUp ? 204 : 503).end();
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/heads`;
    const home = temporaryHome();
    await inHome(home, [url], (services) => record(services));
    await inHome(home, [url], async (services) => {
      expect(services.anchors.states()).toMatchObject([{ anchor: url, sequence: 0, failure: 'it answered 503' }]);
      const verdict = await verify(services);
      expect(verdict.verdict).toBe('intact');
      expect(verdict.cannotProve.join(' ')).toContain('it answered 503');
    });
    isUp = true;
    await inHome(home, [url], () => undefined);
    expect(got).toMatchObject([{ sequence: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    await inHome(home, [url], (services) => {
      expect(services.anchors.states()).toMatchObject([{ sequence: 1, failure: null }]);
    });
    collector.close();
  });

  it('over UDP gets a line that can be read back', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const message = once(socket, 'message');
    await inHome(temporaryHome(), [`syslog://127.0.0.1:${socket.address().port}`], (services) => record(services));
    const [bytes] = (await message) as [Buffer];
    socket.close();
    const text = bytes.toString();
    expect(text).toMatch(/^<85>1 \d{4}-\S+ \S+ fts \d+ audit - audit sequence=1 hash=[0-9a-f]{64}$/);
    const file = join(temporaryHome(), 'syslog');
    writeFileSync(file, `Nov 28 host sshd: nothing\n${text}\n`);
    expect(await readAnchorFile(file)).toMatchObject([{ sequence: 1 }]);
  });

  it('that does not answer holds up neither the row nor the end of the process', async () => {
    const database = openDatabase(':memory:', [auditTables, auditAnchorTables]);
    const audit = new AuditLog(database);
    const anchors = new AuditAnchors(database, audit, ['https://silent.example'], () => new Promise(() => {}));
    record({ audit });
    expect(audit.head()?.sequence).toBe(1);
    await anchors.close(20);
    database.close();
  });
});

it('takes only addresses that it can keep heads at', async () => {
  expect(anchorAddress('/var/log/heads')).toEqual({ kind: 'file', path: '/var/log/heads' });
  expect(anchorAddress('syslog')).toEqual({ kind: 'local-syslog' });
  expect(anchorAddress('syslog://[::1]')).toEqual({ kind: 'syslog', host: '::1', port: 514 });
  for (const wrong of ['heads.log', 'ftp://x/y', 'syslog://', '']) expect(anchorAddress(wrong)).toBeUndefined();
  expect(() => openServices({ FTS_HOME: temporaryHome(), FTS_AUDIT_ANCHOR: 'heads.log' }, {})).toThrow(/audit\.anchor/);
  const file = join(temporaryHome(), 'empty');
  writeFileSync(file, 'nothing\n');
  await expect(readAnchorFile(file)).rejects.toThrow(/holds no head/);
  expect(existsSync(file)).toBe(true);
});
