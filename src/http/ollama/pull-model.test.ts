import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TINY } from '../../../testing/models/random-gguf.ts';
import { tinyLlama, writeRandomModel } from '../../../testing/models/random-model.ts';
import { poolOf, randomModel } from '../../../testing/models/test-model.ts';
import type { Services } from '../../services/context.ts';
import { openServices } from '../../services/open-services.ts';
import { ollamaRoutes } from '../../serving/ollama/ollama-routes.ts';
import { modelStore } from './model-store.ts';

/** A hub with two repositories in the API of the Hugging Face Hub; `requests` is what it was asked for. */
function stubHub(files: Record<string, Record<string, Buffer>>, requests: string[]): Hono {
  const app = new Hono();
  app.get('/api/models/:owner/:name/tree/main', (context) => {
    const repository = files[`${context.req.param('owner')}/${context.req.param('name')}`];
    if (repository === undefined) return context.json({ error: 'Repository not found' }, 404);
    return context.json(
      Object.entries(repository).map(([path, bytes]) => ({
        type: 'file',
        path,
        size: bytes.length,
        oid: '0',
        ...(path.endsWith('.gguf') ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
      })),
    );
  });
  app.get('/:owner/:name/resolve/main/:path', (context) => {
    const { owner, name, path } = context.req.param();
    const bytes = files[`${owner}/${name}`]![path]!;
    const range = context.req.header('range');
    requests.push(`${path} ${range ?? 'whole'} ${context.req.header('authorization') ?? ''}`.trim());
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [undefined, '0', String(bytes.length - 1)];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    return context.body(new Uint8Array(part), range === undefined ? 200 : 206, {
      etag: '"1"',
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${bytes.length}` }),
    });
  });
  return app;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('pulling a model', () => {
  const gguf = readFileSync(randomModel(TINY));
  const requests: string[] = [];
  const files: Record<string, Record<string, Buffer>> = {
    'someone/tiny-GGUF': {
      'tiny-Q8_0.gguf': Buffer.from('GGUF?'),
      'tiny-Q4_0.gguf': gguf,
      'README.md': Buffer.from('hi'),
    },
  };
  let hub: ReturnType<typeof serve>;
  let hubUrl: string;
  let services: Services;

  beforeAll(async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'fts-hub-')), 'model');
    await writeRandomModel(folder, tinyLlama);
    const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    files['someone/plain'] = Object.fromEntries(
      names.filter((name) => existsSync(join(folder, name))).map((name) => [name, readFileSync(join(folder, name))]),
    );
    hub = serve({ fetch: stubHub(files, requests).fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => hub.once('listening', resolve));
    hubUrl = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  });
  afterAll(() => hub.close());

  beforeEach(() => {
    requests.length = 0;
    const allowed = dirname(randomModel(TINY));
    const FTS_HOME = mkdtempSync(join(tmpdir(), 'fts-pull-'));
    services = openServices({ FTS_HOME, HF_ENDPOINT: hubUrl, HF_TOKEN: 'hf_secret', FTS_FILES_ALLOW: allowed }, {});
  });
  afterEach(() => services.database.close());

  const pull = async (model: string) => {
    const app = ollamaRoutes(poolOf({}), modelStore(services));
    const response = await app.request('/api/pull', { method: 'POST', body: JSON.stringify({ model }) });
    const lines = (await response.text()).trim().split('\n');
    return { status: response.status, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };

  it('takes the wanted GGUF file of a repository and serves it under the name that was asked for', async () => {
    const { lines } = await pull('hf.co/someone/tiny-GGUF:Q4_0');
    expect(lines[0]).toEqual({ status: 'pulling manifest' });
    expect(lines.at(-1)).toEqual({ status: 'success' });
    const digest = `sha256:${sha256(gguf)}`;
    const progress = lines.filter((line) => line.digest === digest);
    expect(progress.at(-1)).toMatchObject({ total: gguf.length, completed: gguf.length });
    const deployment = services.registry.deployment('hf.co/someone/tiny-GGUF:Q4_0');
    const artifact = services.registry.artifact(deployment.artifact);
    expect(artifact).toMatchObject({ model: 'tiny-gguf-q4_0', format: 'q4_0', bytes: gguf.length });
    expect(readFileSync(artifact.path).equals(gguf)).toBe(true);
    expect(requests.at(-1)).toContain('Bearer hf_secret');
  });

  it('goes on with a download that was stopped', async () => {
    const folder = join(services.home.cache, 'hub', 'someone--tiny-GGUF');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'tiny-Q4_0.gguf.partial'), gguf.subarray(0, 1000));
    const { lines } = await pull('someone/tiny-GGUF');
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(requests.at(-1)).toContain(`bytes=1000-${gguf.length - 1}`);
  });

  it('fetches nothing for a name that is served already', async () => {
    await pull('someone/tiny-GGUF:Q4_0');
    requests.length = 0;
    expect((await pull('someone/tiny-GGUF:Q4_0')).lines.map(({ status }) => status)).toEqual(['up to date', 'success']);
    expect(requests).toEqual([]);
  });

  it('converts a repository of safetensors', async () => {
    const { lines } = await pull('someone/plain');
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(services.registry.artifact(services.registry.deployment('someone/plain').artifact).format).toBe('q8_0');
  });

  it('takes a file of this machine', async () => {
    const { lines } = await pull(randomModel(TINY));
    expect(lines.map(({ status }) => status)).toContain('success');
    const [deployment] = services.registry.deployments();
    expect(services.registry.artifact(deployment!.artifact).bytes).toBe(gguf.length);
  });

  it('refuses what did not arrive whole, and says why', async () => {
    files['someone/broken'] = { 'a-Q4_0.gguf': gguf };
    const app = stubHub(files, requests);
    const broken = serve({
      fetch: async (request) => {
        const response = await app.fetch(request);
        if (!request.url.includes('resolve')) return response;
        const bytes = new Uint8Array(await response.arrayBuffer()).fill(0);
        return new Response(bytes, response);
      },
      hostname: '127.0.0.1',
      port: 0,
    });
    await new Promise((resolve) => broken.once('listening', resolve));
    services.environment.HF_ENDPOINT = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
    const { lines } = await pull('someone/broken');
    broken.close();
    expect(lines.at(-1)?.error).toContain('did not arrive');
    expect(services.registry.models()).toEqual([]);
  });

  it('names the remedy where there is no such repository, no such file, or no network', async () => {
    expect((await pull('someone/nothing')).lines[0]).toEqual({ status: 'pulling manifest' });
    expect((await pull('someone/nothing')).lines.at(-1)?.error).toContain('HF_TOKEN');
    expect((await pull('someone/tiny-GGUF:Q5_K_M')).lines.at(-1)?.error).toContain('tiny-Q4_0.gguf');
    expect(await pull('llama3')).toMatchObject({ status: 400 });
    const [forbidden, missing] = [await pull('/etc/passwd'), await pull('/etc/passwd.missing')];
    expect(forbidden.lines).toEqual(missing.lines);
    expect((await pull('someone/con')).lines.at(-1)?.error).toContain('Windows keeps it for a device');
    services.environment.HF_ENDPOINT = 'http://127.0.0.1:9';
    expect((await pull('someone/tiny-GGUF')).lines.at(-1)?.error).toContain('HF_ENDPOINT');
  });
});
