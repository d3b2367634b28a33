import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  byJobTools,
  elicitResultOf,
  openWalkWorld,
  outcomeOf,
  type Walker,
  type WalkWorld,
  walk,
} from '../testing/mcp-walk.ts';

let world: WalkWorld;

beforeAll(async () => {
  world = await openWalkWorld();
}, 120_000);
afterAll(() => world.close());

type Transport = 'http' | 'stdio';
const callOptions = { timeout: 60_000 };
const stdio = () => ({ ...world.stdio, env: world.environment, stderr: 'ignore' as const });
const withKey = () => ({ requestInit: { headers: { authorization: `Bearer ${world.token}` } } });
const textOf = (contents: unknown[]): string =>
  (contents as { text?: string }[]).map(({ text }) => text ?? '').join('');

/** Answers forms for a client, and remembers what the last one said. */
class Person {
  answer: Answer = 'decline';
  shown: string | undefined;

  read(message: string) {
    this.shown = message;
    return elicitResultOf(this.answer);
  }

  expect(answer: Answer | undefined): void {
    this.answer = answer ?? 'decline';
    this.shown = undefined;
  }
}

async function walkerV1(transport: Transport): Promise<Walker> {
  const person = new Person();
  const client = new ClientV1({ name: 'walk', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => person.read(params.message));
  await client.connect(
    transport === 'http' ? (new HttpV1(new URL(world.url), withKey()) as never) : new StdioV1(stdio()),
  );
  const call: Walker['call'] = async (name, args, answer) => {
    person.expect(answer);
    return outcomeOf(await client.callTool({ name, arguments: args }, undefined, callOptions), person.shown);
  };
  return {
    ...byJobTools(call),
    call,
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    read: async (uri) => textOf((await client.readResource({ uri })).contents),
    close: () => client.close(),
  };
}

async function walkerV2(transport: Transport): Promise<Walker> {
  const person = new Person();
  const client = new ClientV2(
    { name: 'walk', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => person.read(params.message));
  await client.connect(transport === 'http' ? new HttpV2(new URL(world.url), withKey()) : new StdioV2(stdio()));
  expect(client.getProtocolEra()).toBe('modern');
  const call: Walker['call'] = async (name, args, answer) => {
    person.expect(answer);
    const result = await client.callTool({ name, arguments: args }, callOptions);
    return outcomeOf(result, person.shown);
  };
  return {
    ...byJobTools(call),
    call,
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    read: async (uri) => textOf((await client.readResource({ uri })).contents),
    close: () => client.close(),
  };
}

describe.each([
  ['the client of SDK 1', walkerV1],
  ['the client of SDK 2', walkerV2],
])('%s', (_, connect) => {
  it.each(['http', 'stdio'] as const)(
    'walks through everything over %s',
    async (transport) => {
      const walker = await connect(transport);
      try {
        await walk(walker, world);
      } finally {
        await walker.close();
      }
    },
    120_000,
  );
});
