import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { systemCaller } from '../access/caller.ts';
import { callOperation } from './call-operation.ts';
import { doctor } from './doctor.ts';

const work = { report: () => {}, signal: new AbortController().signal, caller: systemCaller };

it('loads every native library in a child process and reports its version', async () => {
  const services = temporaryServices({ HOME: '/nonexistent' });
  const { healthy, checks } = await callOperation(doctor, {}, services, work);
  const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
  expect(verdicts).toMatchObject({ node: 'ok', libsql: 'ok', 'onnx-runtime': 'ok', 'llama.cpp': 'ok' });
  expect(checks.find(({ name }) => name === 'onnx-runtime')?.finding).toMatch(/^1\.\d+/);
  expect(healthy).toBe(true);
});

it('says what to do about a taken port and missing credentials', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const services = temporaryServices({ FTS_SERVER_PORT: String(port), HOME: '/nonexistent' });
  const { checks } = await callOperation(doctor, {}, services, work);
  taken.close();
  expect(checks.find(({ name }) => name === 'port')).toMatchObject({
    verdict: 'warning',
    remedy: expect.stringContaining('--port'),
  });
});
