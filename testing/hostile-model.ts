import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pour } from './endless-answer.ts';

export interface HostileModel {
  /** Up to and with `/v1`. */
  url: string;
  /** Bytes that were sent in all, and whether somebody still listens. */
  sent(): { bytes: number; open: number };
  /** Bodies of the requests, as they came. */
  heard: { messages: { role: string; content: string }[]; max_tokens?: number }[];
  close(): void;
}

const call = (name: string, args: unknown, more: object = { id: 'one' }): object => ({
  ...more,
  type: 'function',
  function: { name, arguments: args },
});
const calls = (...wanted: object[]): object => ({ content: null, tool_calls: wanted });
const listing = JSON.stringify({ limit: 1 });

/** What a model of each name says in its first answer; after a call it says `done`. `circle` calls for ever. */
const messages: Record<string, object> = {
  circle: calls(call('jobs_list', listing)),
  many: calls(...Array.from({ length: 3000 }, (_, index) => call('jobs_list', listing, { id: `call-${index}` }))),
  'bad-arguments': calls(...['{"limit":', '[1]', 'null', '"x"'].map((args) => call('jobs_list', args))),
  'no-such-tool': calls(
    call('../../etc', '{}'),
    call('', '{}'),
    call('keys_create', '{"name":"x","scopes":["admin"]}'),
  ),
  'arguments-as-object': calls(call('jobs_list', { limit: 1 })),
  'no-id': calls(call('jobs_list', listing, {})),
  escapes: { content: 'ok \x1b[2J\x1b[8mhidden\x1b[0m \u202egnp.exe' },
  'escapes-in-calls': calls(call('jobs_list\x1b[2J', '{"\\u202e":"\\u001b[2J"}')),
  empty: { content: '' },
  big: { content: 'x'.repeat(10 << 20) },
};

const refusals: Record<string, (response: ServerResponse, elsewhere: string) => void> = {
  'error-500': (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<html>boom\x1b[2J'),
  'error-429': (response) => response.writeHead(429, { 'retry-after': '3' }).end('{"error":{"message":"slow"}}'),
  'error-401': (response) => response.writeHead(401).end('{}'),
  redirect: (response, elsewhere) => response.writeHead(307, { location: elsewhere }).end(),
  'no-choice': (response) => response.end('{"choices":[]}'),
  html: (response) => response.end('<!doctype html><title>Welcome</title>'),
  hang: () => {},
};

/** A server of models that misbehave in every way that was thought of; the name of the model says how. */
export async function startHostileModel(): Promise<HostileModel> {
  const heard: HostileModel['heard'] = [];
  const counted = { bytes: 0, open: 0 };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text) as HostileModel['heard'][number] & { model: string };
    heard.push(body);
    const refuse = refusals[body.model];
    if (refuse !== undefined) return refuse(response, 'http://127.0.0.1:9/v1/chat/completions');
    if (body.model === 'never-ends') return void neverEnd(response, counted);
    const isFirst = body.model === 'circle' || !body.messages.some(({ role }) => role === 'tool');
    const message = isFirst ? messages[body.model] : { content: 'done' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices: [{ message }] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    sent: () => ({ ...counted }),
    heard,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An answer without an end, sent for as long as somebody listens. */
async function neverEnd(response: ServerResponse, counted: { bytes: number; open: number }): Promise<void> {
  counted.open++;
  response.write('{"choices":[{"message":{"content":"');
  await pour(response, 'y'.repeat(1 << 16), counted);
  counted.open--;
}
