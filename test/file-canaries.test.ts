import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import type { Caller } from '../src/access/caller.ts';
import { FtsError } from '../src/errors/fts-error.ts';
import { createApp } from '../src/http/server.ts';
import { callOperation, submitOperation, workOn } from '../src/operations/call-operation.ts';
import { findOperation, operations } from '../src/operations/find-operation.ts';
import { namedBy } from '../src/operations/named-fields.ts';
import type { Operation } from '../src/operations/operation.ts';
import type { Services } from '../src/services/context.ts';
import { closeServices, openServices } from '../src/services/open-services.ts';
import { tinyLlama, writeRandomModel } from '../testing/models/random-model.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

/** The same calls in every run; another number here tries others. */
const seed = 20_261_128;
const runs = 150;

const caller = (channel: Caller['channel']): Caller => ({
  name: 'somebody',
  channel,
  credential: 'key',
  scopes: ['read', 'train', 'serve', 'plan'],
});
const channels = ['mcp', 'http', 'console'] as const;

let outside: string;
let services: Services;
let app: ReturnType<typeof createApp>;

beforeAll(() => {
  process.stdout.write(`canaries: seed ${seed}, ${runs} runs\n`);
});

beforeEach(async () => {
  // No call leaves the machine: what would be asked of the network is refused at once.
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('no network in this test');
  });
  outside = realpathSync(temporaryHome());
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fts-canary-')));
  writeFileSync(join(outside, 'canary.txt'), 'canary');
  writeFileSync(join(outside, 'config.json'), '{}');
  writeFileSync(join(outside, 'canary.gguf'), 'GGUF');
  mkdirSync(join(outside, 'model'));
  writeFileSync(join(outside, 'model', 'config.json'), '{"model_type":"gpt2"}');
  writeFileSync(join(root, 'config.json'), '{}', { mode: 0o600 });
  services = openServices({ FTS_HOME: root }, {});
  const { home, registry, keys } = services;
  await writeRandomModel(join(home.models, 'kept'), tinyLlama);
  const directory = join(home.models, 'kept');
  registry.saveModel({ name: 'kept', directory, family: 'llama', parameters: 1, parent: null, run: null });
  keys.create('kept', ['read'], undefined);
  writeFileSync(join(home.inbox, 'notes.txt'), 'notes of the operator');
  symlinkSync(outside, join(home.inbox, 'link'));
  symlinkSync(join(outside, 'canary.txt'), join(home.inbox, 'link.txt'));
  app = createApp(services, { version: '0', command: ['fts'] });
  return async () => {
    vi.unstubAllGlobals();
    // What is still to be recorded needs the home, so it goes last.
    await closeServices(services);
    rmSync(root, { recursive: true, force: true });
  };
});

/** Everything that no such call may change, as one digest for each part. */
function canaries(): Record<string, string> {
  const { home, database } = services;
  const table = (name: string) => JSON.stringify(database.prepare(`SELECT * FROM ${name}`).all());
  return {
    outside: treeDigest(outside),
    models: treeDigest(join(home.models, 'kept')),
    inbox: treeDigest(home.inbox),
    config: readFileSync(home.configFile, 'utf8'),
    keys: table('api_keys'),
    plans: table('change_plans'),
    models_table: table('models'),
    home: readdirSync(home.root)
      .filter((name) => !/^(fts\.db|audit)/.test(name))
      .join(),
  };
}

function treeDigest(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    hash.update(path);
    if (entry.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

const places = (): string[] => {
  const { home } = services;
  return [
    '.',
    '..',
    '../config.json',
    '../fts.db',
    '../models/kept/model.safetensors',
    'kept',
    'kept:q4_0',
    'notes.txt',
    'link',
    'link.txt',
    'link/canary.txt',
    'link/canary.gguf',
    'new.svg',
    'new.png',
    'CON',
    'nul.svg',
    '/etc/passwd',
    '/dev/zero',
    '~',
    '\0',
    '%2e%2e%2fconfig.json',
    home.root,
    home.configFile,
    home.database,
    join(home.models, 'kept'),
    join(home.exports, 'new.svg'),
    outside,
    join(outside, 'canary.txt'),
    join(outside, 'canary.gguf'),
    join(outside, 'made.svg'),
    join(outside, 'model'),
  ];
};

/** Fields that would only make a run long, held small. */
const small: Record<string, unknown> = {
  machines: ['h100'],
  machine: 'h100',
  requests: 10,
  waitSeconds: 0,
  program: 'return 1',
  maxCalls: 1,
  timeoutSeconds: 1,
  users: undefined,
};

type Definition = z.core.$ZodTypeDef & {
  innerType?: z.core.$ZodType;
  element?: z.core.$ZodType;
  options?: z.core.$ZodType[];
  entries?: Record<string, unknown>;
  values?: unknown[];
  shape?: Record<string, z.core.$ZodType>;
};

/** Values of a schema, with hostile texts wherever it takes a text. */
function valuesOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const definition = schema._zod.def as Definition;
  const { innerType, element, options, entries, values, shape } = definition;
  if (namedBy(schema) !== undefined && innerType === undefined && element === undefined) return texts();
  switch (definition.type) {
    case 'optional':
    case 'default':
    case 'nullable':
      return fc.option(valuesOf(innerType!), { nil: undefined });
    case 'array':
      return fc.array(valuesOf(element!), { minLength: 1, maxLength: 3 });
    case 'union':
      return fc.oneof(...options!.map(valuesOf));
    case 'enum':
      return fc.constantFrom(...Object.values(entries!));
    case 'literal':
      return fc.constantFrom(...values!);
    case 'object':
      return fc.record(Object.fromEntries(Object.entries(shape!).map(([name, field]) => [name, valuesOf(field)])));
    case 'boolean':
      return fc.boolean();
    case 'number':
      return fc.integer({ min: 1, max: 4 });
    case 'string':
      return texts();
    default:
      return fc.oneof(texts(), fc.dictionary(fc.string(), texts(), { maxKeys: 2 }));
  }
}

const texts = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...places()) },
    { weight: 1, arbitrary: fc.string({ maxLength: 80 }) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom('..', '.', '/', 'a', 'models', 'kept'), { maxLength: 8 })
        .map((parts) => parts.join('/')),
    },
  );

const inputOf = (operation: Operation): fc.Arbitrary<Record<string, unknown>> =>
  (valuesOf(operation.input) as fc.Arbitrary<Record<string, unknown>>).map((input) => {
    const held = Object.entries(small).filter(([name]) => name in operation.input.shape);
    const given = Object.entries({ ...input, ...Object.fromEntries(held) });
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  });

/** Sync operations whose work is long or asks the network through libraries, not through `fetch`. */
const long = new Set(['doctor', 'reference.verify', 'models.ask']);
const tried = operations.filter(({ name }) => !long.has(name));

async function call(operation: Operation, input: unknown, by: Caller): Promise<unknown> {
  if (operation.job) return submitOperation(operation, input, services, by);
  return callOperation(operation, input, services, {
    report: () => {},
    signal: AbortSignal.timeout(5000),
    caller: by,
  });
}

const post = (path: string, body: unknown): Promise<Response> =>
  Promise.resolve(
    app.request(`http://127.0.0.1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: '127.0.0.1' },
      body: JSON.stringify(body),
    }),
  );

describe('random names, paths and bodies', () => {
  it('change no canary through any operation', async () => {
    const before = canaries();
    const calls = fc
      .constantFrom(...tried)
      .chain((operation) => fc.tuple(fc.constant(operation), inputOf(operation), fc.constantFrom(...channels)));
    await fc.assert(
      fc.asyncProperty(calls, async ([operation, input, channel]) => {
        await call(operation, input, caller(channel)).catch(() => undefined);
        expect(canaries()).toEqual(before);
      }),
      { seed, numRuns: runs },
    );
  }, 120_000);

  it('change no canary through the HTTP face', async () => {
    const before = canaries();
    const isHarmless = ({ effect }: Operation) => effect === 'read' || effect === 'write';
    const bodies = fc.constantFrom(...tried.filter(isHarmless)).chain((operation) => {
      const path = `/api/operations/${operation.name}`;
      return fc.tuple(fc.constant(path), fc.oneof({ weight: 5, arbitrary: inputOf(operation) }, fc.jsonValue()));
    });
    const others = fc.tuple(
      fc.constantFrom('/api/pull', '/v1/load_lora_adapter', '/v1/unload_lora_adapter', '/exports/x', '/api/show'),
      fc.record({ model: texts(), lora_name: texts(), lora_path: texts(), stream: fc.constant(false) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: bodies }, others), async ([path, body]) => {
        const response = await post(path, body);
        await response.text();
        expect(canaries()).toEqual(before);
      }),
      { seed, numRuns: runs },
    );
  }, 120_000);

  it('read nothing through /exports but the files in it', async () => {
    await fc.assert(
      fc.asyncProperty(texts(), async (name) => {
        const response = await app.request(`http://127.0.0.1/exports/${encodeURIComponent(name)}`);
        expect(response.headers.has('content-disposition'), name).toBe(false);
      }),
      { seed, numRuns: runs },
    );
  });
});

/** Calls that come as far as the file which they name. */
const reads: [operation: string, input: (path: string) => Record<string, unknown>][] = [
  ['plan', (model) => ({ model, machines: ['h100'] })],
  ['plan.cost', (model) => ({ model, machines: ['h100'] })],
  ['plan.capacity', (model) => ({ model, machine: 'h100', requests: 10 })],
  ['train', (data) => ({ recipe: 'data', name: 'new', data })],
  ['train', (base) => ({ recipe: 'data', name: 'new', data: 'notes.txt', base })],
  ['models.import', (source) => ({ source, name: 'new' })],
  ['models.merge', (base) => ({ base, adapter: 'notes.txt', name: 'new' })],
  ['models.merge', (adapter) => ({ base: 'kept', adapter, name: 'new' })],
  ['quantize', (calibration) => ({ model: 'kept', calibration, formats: ['q4_0'] })],
  ['evaluate', (data) => ({ artifacts: ['kept'], data })],
  ['evaluate', (artifact) => ({ artifacts: [artifact], data: 'notes.txt' })],
  ['akamai.edgeworker', (bundle) => ({ bundle })],
  ['akamai.edgeworker.change', (bundle) => ({ action: 'upload', edgeWorker: '1', bundle })],
  ['akamai.sync', (source) => ({ source })],
  ['akamai.sync', (cloudSource) => ({ source: 'notes.txt', cloudSource })],
];

/** What a caller learns, without the path that it sent itself. */
async function told(operation: Operation, input: Record<string, unknown>, path: string, by: Caller): Promise<string> {
  const answer = await call(operation, input, by)
    .then(async (result) => {
      if (!operation.job) return result;
      const job = services.jobs.claim((result as { id: string }).id);
      const { state, error } = await workOn(job, services, { stop: AbortSignal.timeout(20_000) });
      return { state, error };
    })
    .catch((thrown: unknown) => FtsError.from(thrown).toJSON());
  return JSON.stringify(answer).replaceAll(JSON.stringify(path).slice(1, -1), 'PATH');
}

/** Pairs of a path that is there and may not be used, and one that is not there. */
const pairs = (): [forbidden: string, missing: string][] => {
  const { home } = services;
  return [
    [join(outside, 'canary.txt'), join(outside, 'nowhere.txt')],
    [join(outside, 'canary.gguf'), join(outside, 'nowhere.gguf')],
    [join(outside, 'config.json'), join(outside, 'nowhere.json')],
    [join(outside, 'model'), join(outside, 'nowhere')],
    [outside, `${outside}-nowhere`],
    ['/etc/passwd', '/etc/nowhere'],
    ['/dev/zero', '/dev/nowhere'],
    [home.configFile, join(home.root, 'nowhere.json')],
    [join(home.models, 'kept'), join(home.models, 'nowhere')],
    ['../config.json', '../nowhere.json'],
    ['link.txt', 'nowhere.txt'],
    ['link', 'nowhere'],
  ];
};

describe('a file that may not be read', () => {
  it.each(reads.map(([name, input], index) => ({ name, field: Object.keys(input(''))[0], index })))(
    'is to $name like one that is not there ($index)',
    async ({ index }) => {
      const [name, input] = reads[index]!;
      const operation = findOperation(name);
      for (const channel of ['mcp', 'http'] as const) {
        const by = { ...caller(channel), scopes: ['admin' as const] };
        for (const [forbidden, missing] of pairs()) {
          const answers = [
            await told(operation, input(forbidden), forbidden, by),
            await told(operation, input(missing), missing, by),
          ];
          expect(answers[0], forbidden).toBe(answers[1]);
          expect(answers[0]).toMatch(/not-found|not-configured|unavailable|invalid-input|forbidden/);
        }
      }
    },
    60_000,
  );

  it('is over HTTP like one that is not there', async () => {
    const routes: [string, (path: string) => object][] = [
      ...reads.map(([name, input]): [string, (path: string) => object] => [`/api/operations/${name}`, input]),
      ['/api/pull', (model) => ({ model, stream: false })],
      ['/v1/load_lora_adapter', (path) => ({ model: 'kept', lora_name: 'x', lora_path: path })],
    ];
    for (const [route, body] of routes) {
      for (const [forbidden, missing] of pairs()) {
        const answers: string[] = [];
        for (const path of [forbidden, missing]) {
          const response = await post(route, body(path));
          const text = (await response.text()).replaceAll(path, 'PATH');
          for (const { id } of services.jobs.list({ limit: 10, state: 'queued' })) services.jobs.requestCancel(id);
          answers.push(`${response.status} ${text.replaceAll(/"(id|createdAt)":"[^"]+"/g, '')}`);
        }
        expect(answers[0], `${route} ${forbidden}`).toBe(answers[1]);
      }
    }
  }, 60_000);
});
