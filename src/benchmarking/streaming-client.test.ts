import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { pour } from '../../testing/endless-answer.ts';
import { streamRequest } from './streaming-client.ts';

let stop = (): void => {};
afterEach(() => stop());

/** The record of a request to a server that answers with `respond`. */
async function recordOf(respond: (response: ServerResponse) => unknown) {
  const server = createServer((_, response) => void respond(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return streamRequest({ url, api: 'chat', apiKey: undefined }, {}, new AbortController().signal);
}

it('stops reading an event without an end', async () => {
  const counted = { bytes: 0 };
  const record = await recordOf((response) => {
    response.write('data: ');
    return pour(response, 'y'.repeat(1 << 16), counted);
  });
  expect(record.error).toMatch(/event without an end/);
  expect(counted.bytes).toBeLessThan(100_000_000);
});

it('stops reading events without an end', async () => {
  const counted = { bytes: 0 };
  const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'y'.repeat(1 << 16) } }] })}\n\n`;
  const record = await recordOf((response) => pour(response, event, counted));
  expect(record.error).toMatch(/longer than/);
});

it('records the beginning of a refusal, without terminal control characters', async () => {
  const record = await recordOf((response) => {
    response.writeHead(500);
    response.write('\x1b[2Jno');
    return pour(response, 'z'.repeat(1 << 16), { bytes: 0 });
  });
  expect(record.error).toMatch(/^HTTP 500: ⟨U\+001B⟩\[2Jnoz+$/);
  expect(record.error!.length).toBeLessThan(400);
});
