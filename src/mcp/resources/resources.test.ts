import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import type { Services } from '../../services/context.ts';
import { mcpRoutes } from '../protocol/mcp-routes.ts';
import { toolName } from '../tools/selection.ts';
import { toolsetNames, toolsets } from '../tools/toolsets.ts';

let services: Services;

beforeEach(() => {
  services = temporaryServices();
  const directory = join(services.home.root, 'runs/run-1');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'metrics.jsonl'), Array.from({ length: 5000 }, (_, index) => metrics(index)).join(''));
  services.registry.saveRun({ id: 'run-1', model: 'tiny', kind: 'train', directory, settings: {}, summary: null });
  services.registry.saveModel({
    name: 'tiny',
    directory: '/tmp/tiny',
    family: 'llama',
    parameters: 1000,
    parent: null,
    run: 'run-1',
  });
});

function metrics(step: number): string {
  const line = {
    step,
    loss: 2,
    learningRate: 1e-3,
    gradientNorm: 1,
    tokensPerSecond: 100,
    tokens: step,
    seconds: step,
  };
  return `${JSON.stringify(line)}\n`;
}

type Mode = 'legacy' | { pin: string };

async function connect(mode: Mode): Promise<Client> {
  const app = mcpRoutes(services, { version: '0.0.0' });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: async (url, init) => app.fetch(new Request(url, init)),
    }),
  );
  return client;
}

describe.each<[string, Mode]>([
  ['2026-07-28', { pin: '2026-07-28' }],
  ['2025-11-25', 'legacy'],
])('resources and prompts, protocol %s', (_, mode) => {
  const read = async (client: Client, uri: string): Promise<string> => {
    const [content] = (await client.readResource({ uri })).contents;
    return (content as { text: string }).text;
  };

  it('read at every address that is listed', async () => {
    const client = await connect(mode);
    const { resources } = await client.listResources();
    const uris = resources.map(({ uri }) => uri);
    for (const name of ['models', 'runs', 'jobs', 'deployments', 'plans', 'audit', 'hardware', 'reference']) {
      expect(uris).toContain(`fts://${name}`);
    }
    expect(uris).toContain('fts://runs/run-1');
    for (const { uri, mimeType } of resources.filter(({ uri }) => uri.startsWith('fts://'))) {
      const text = await read(client, uri);
      if (mimeType === 'application/json') expect(JSON.parse(text), uri).toBeTypeOf('object');
      else expect(text, uri).toMatch(/^#/m);
    }
    await client.close();
  });

  it('read by template, and say which address is wrong', async () => {
    const { id } = services.jobs.submit('train', {});
    const client = await connect(mode);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'fts://exports/{name}',
      'fts://models/{name}',
      'fts://runs/{id}',
      'fts://runs/{id}/metrics',
      'fts://jobs/{id}',
      'fts://plans/{planId}',
      'fts://reference/{name}',
    ]);
    const lines = (await read(client, 'fts://runs/run-1/metrics')).split('\n').filter(Boolean);
    expect(lines.length).toBeLessThanOrEqual(2001);
    expect([lines[0], lines.at(-1)].map((line) => JSON.parse(line!).step)).toEqual([0, 4999]);
    expect(JSON.parse(await read(client, `fts://jobs/${id}`))).toMatchObject({ state: 'queued' });
    for (const uri of ['fts://jobs/nope', 'fts://nope', 'file:///etc/passwd']) {
      await expect(client.readResource({ uri })).rejects.toMatchObject({
        message: expect.stringMatching(/nope|passwd/),
      });
    }
    await client.close();
  });

  it('complete what a user types', async () => {
    const client = await connect(mode);
    const complete = async (ref: Parameters<Client['complete']>[0]['ref'], name: string, value: string) =>
      (await client.complete({ ref, argument: { name, value } })).completion.values;
    expect(await complete({ type: 'ref/resource', uri: 'fts://runs/{id}/metrics' }, 'id', 'RUN')).toEqual(['run-1']);
    expect(await complete({ type: 'ref/prompt', name: 'compare_quantizations' }, 'model', 'ti')).toEqual(['tiny']);
    expect(await complete({ type: 'ref/prompt', name: 'roll_back_property' }, 'network', 'stag')).toEqual(['STAGING']);
    await client.close();
  });

  it('tell a subscriber of a change', async () => {
    const { id } = services.jobs.submit('train', {});
    const client = await connect(mode);
    const changed: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void changed.push(params.uri));
    const uri = `fts://jobs/${id}`;
    if (mode === 'legacy') await client.subscribeResource({ uri });
    else await client.listen({ resourceSubscriptions: [uri] });
    services.jobs.requestCancel(id);
    await expect.poll(() => changed, { timeout: 10_000 }).toEqual([uri]);
    await client.close();
  });

  it('have the six playbooks, which speak of tools that exist', async () => {
    const known = toolsetNames.flatMap((name) => (toolsets[name].operations as readonly string[]).map(toolName));
    const client = await connect(mode);
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual([
      'model_to_edge',
      'compare_quantizations',
      'investigate_5xx',
      'roll_back_property',
      'purge_and_verify',
      'size_deployment',
    ]);
    for (const { name, arguments: blanks = [] } of prompts) {
      const values = Object.fromEntries(blanks.map((blank) => [blank.name, `<${blank.name}>`]));
      const { messages } = await client.getPrompt({ name, arguments: values });
      const text = messages.map(({ content }) => (content.type === 'text' ? content.text : '')).join('\n');
      for (const blank of blanks) expect(text, name).toContain(`<${blank.name}>`);
      const spoken = [...text.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, tool]) => tool!);
      expect(
        spoken.filter((tool) => !known.includes(tool)),
        name,
      ).toEqual([]);
    }
    await client.close();
  });
});
