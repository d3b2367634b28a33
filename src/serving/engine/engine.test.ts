import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY, writeRandomLora } from '../../../testing/models/random-gguf.ts';
import { engineMissing, randomModel } from '../../../testing/models/test-model.ts';
import { GREEDY } from '../sampling/sampling-settings.ts';
import { Engine, type GenerationEvent } from './engine.ts';
import type { EngineSettings, GenerateRequest } from './protocol.ts';

const missing = engineMissing();

const prompts = Array.from({ length: 12 }, (_, index) =>
  Array.from({ length: 20 + index * 7 }, (_, position) => 3 + ((position * 31 + index * 17) % 250)),
);
const greedy = (prompt: number[] | string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt,
  sampling: GREEDY,
  maxTokens: 24,
  ignoreEos: true,
  ...more,
});

describe.skipIf(missing !== undefined)('the engine', () => {
  const engines: Engine[] = [];
  const start = async (settings: Partial<EngineSettings> = {}) => {
    const engine = await Engine.start({ ggufPath: randomModel(TINY), threads: 1, contextTokens: 4096, ...settings });
    engines.push(engine);
    return engine;
  };
  let plain: number[][];
  let engine: Engine;

  beforeAll(async () => {
    engine = await start();
    const alone = await start({ maxRunning: 1, prefixCache: false });
    plain = [];
    for (const prompt of prompts) plain.push((await alone.complete(greedy(prompt))).tokens);
  });

  afterAll(() => Promise.all(engines.map((each) => each.close())));

  it('gives the same greedy tokens batched as one at a time', async () => {
    const batched = await engine.completeAll(prompts.map((prompt) => greedy(prompt)));
    expect(batched.map((completion) => completion.tokens)).toEqual(plain);
  });

  it('gives the same tokens again from the prefix cache, and reports the reused tokens', async () => {
    const again = await engine.completeAll(prompts.map((prompt) => greedy(prompt)));
    expect(again.map((completion) => completion.tokens)).toEqual(plain);
    for (const [index, completion] of again.entries()) {
      expect(completion.usage.cachedTokens).toBe(prompts[index]!.length - 1);
    }
  });

  it('emits tokens once per stream interval, but the first and the last at once', async () => {
    const told = async (streamIntervalMs: number, more: Partial<GenerateRequest> = {}) => {
      const other = await start({ streamIntervalMs });
      const events: GenerationEvent[] = [];
      for await (const event of other.generate(greedy(prompts[0]!, more))) events.push(event);
      const tokens = events.flatMap((event) => (event.kind === 'tokens' ? [event] : []));
      expect(events.at(-1)).toMatchObject({ kind: 'finish', usage: { completionTokens: 24 } });
      expect(tokens.flatMap((event) => event.tokens)).toEqual(plain[0]);
      expect(tokens.flatMap((event) => event.interTokenMs)).toHaveLength(23);
      return tokens.map((event) => event.tokens.length);
    };
    const longer = 600_000;
    expect(await told(longer)).toEqual([1, 23]);
    expect(await told(0)).toEqual(new Array(24).fill(1));
    expect((await told(0, { whole: true })).length).toBeLessThan(12);
  });

  it('gives the same tokens with speculation, and accepts some of the drafts', async () => {
    const speculating = await start({ speculation: 'lookup', maxRunning: 2 });
    let accepted = 0;
    for (const [index, prompt] of prompts.slice(0, 4).entries()) {
      const completion = await speculating.complete(greedy(prompt, { maxTokens: 200 }));
      expect(completion.tokens.slice(0, 24)).toEqual(plain[index]);
      accepted += completion.usage.acceptedTokens;
    }
    expect(accepted).toBeGreaterThan(0);
  });

  it('gives the same tokens with a draft model, and accepts every draft if it is the model itself', async () => {
    const speculating = await start({ speculation: 'draft', draftGgufPath: randomModel(TINY), maxRunning: 2 });
    for (const [index, prompt] of prompts.slice(0, 3).entries()) {
      expect((await speculating.complete(greedy(prompt))).tokens).toEqual(plain[index]);
    }
    const { acceptedTokens, draftedTokens } = speculating.load!;
    expect(acceptedTokens).toBe(draftedTokens);
    expect(acceptedTokens).toBeGreaterThan(0);
  });

  it('gives the same tokens when the cache is too small for all and requests are preempted', async () => {
    const cramped = await start({ contextTokens: 512, maxRunning: 12 });
    const completions = await cramped.completeAll(prompts.map((prompt) => greedy(prompt)));
    expect(completions.map((completion) => completion.tokens)).toEqual(plain);
    expect(cramped.load!.preemptions).toBeGreaterThan(0);
  });

  it('gives the same tokens when each request has a stream of its own, also from a copied prefix', async () => {
    const streams = await start({ kvLayout: 'streams', maxRunning: 4, contextTokens: 4 * 512 });
    for (let round = 0; round < 2; round++) {
      const completions = await streams.completeAll(prompts.slice(0, 6).map((prompt) => greedy(prompt)));
      expect(completions.map((completion) => completion.tokens)).toEqual(plain.slice(0, 6));
    }
    const prefix = prompts[11]!;
    await streams.complete(greedy(prefix));
    const alike = await streams.completeAll([prefix, prefix, prefix].map((prompt) => greedy(prompt)));
    expect(alike.map((completion) => completion.tokens)).toEqual([plain[11], plain[11], plain[11]]);
    expect(streams.load!.prefixHitTokens).toBeGreaterThan(0);
  });

  it('gives the same tokens when requests end between others, and keeps the finished sequences', async () => {
    const streams = await start({
      kvLayout: 'streams',
      maxRunning: 16,
      contextTokens: 16 * 512,
      prefillChunkTokens: 1024,
    });
    const requests = prompts.map((prompt, index) => greedy(prompt, { maxTokens: 24 - ((index * 7) % 20) }));
    const expected = requests.map(({ maxTokens }, index) => plain[index]!.slice(0, maxTokens));
    const others = Array.from({ length: 3 }, (_, index) => greedy([7, 8, 9, 300 + index], { maxTokens: 6 + index }));
    const first = await streams.completeAll([...requests.slice(0, 6), ...others, ...requests.slice(6)]);
    expect(first.filter((_, index) => index < 6 || index >= 9).map(({ tokens }) => tokens)).toEqual(expected);
    for (const index of [11, 5, 8]) {
      const { tokens, usage } = await streams.complete(requests[index]!);
      expect(tokens).toEqual(expected[index]);
      expect(usage.cachedTokens).toBe(prompts[index]!.length - 1);
    }
  });

  it('loads a LoRA adapter while running, batches its requests separately, and unloads it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'fts-lora-')), 'adapter.gguf');
    writeRandomLora(path, TINY);
    await engine.call('loadAdapter', { name: 'other', path, scale: 1 });
    const both = await engine.completeAll(
      [0, 1, 2, 3].flatMap((index) => [greedy(prompts[index]!), greedy(prompts[index]!, { adapter: 'other' })]),
    );
    const tokens = both.map((completion) => completion.tokens);
    for (const index of [0, 1, 2, 3]) {
      expect(tokens[index * 2]).toEqual(plain[index]);
      expect(tokens[index * 2 + 1]).not.toEqual(plain[index]);
    }
    // Unloading another adapter leaves this one attached to the context.
    await engine.call('loadAdapter', { name: 'passing', path, scale: 1 });
    const adapted = greedy(prompts[5]!, { adapter: 'other' });
    const { tokens: before } = await engine.complete(adapted);
    await engine.call('unloadAdapter', { name: 'passing' });
    expect((await engine.complete(adapted)).tokens).toEqual(before);
    await engine.call('unloadAdapter', { name: 'other' });
    await expect(engine.complete(greedy(prompts[0]!, { adapter: 'other' }))).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('prefills the common prefix of requests that arrive together only once', async () => {
    const before = engine.load!.prefilledTokens;
    const prefix = Array.from({ length: 600 }, (_, position) => 3 + ((position * 7) % 250));
    await engine.completeAll(
      Array.from({ length: 6 }, (_, index) => greedy([...prefix, 20 + index], { maxTokens: 2 })),
    );
    expect(engine.load!.prefilledTokens - before).toBeLessThan(700);
  });

  it('repeats a sampled generation by its seed', async () => {
    const request = greedy(prompts[0]!, { sampling: { ...GREEDY, temperature: 1, topP: 0.95, seed: 42 } });
    const [first, second] = [await engine.complete(request), await engine.complete(request)];
    expect(second.tokens).toEqual(first.tokens);
  });

  it('generates only JSON that fits a schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        kind: { enum: ['a', 'b'] },
        count: { type: 'integer', minimum: 7, maximum: 1234 },
        tags: { type: 'array', items: { type: 'string', maxLength: 3 }, minItems: 1, maxItems: 2 },
      },
      required: ['kind', 'count', 'tags'],
      additionalProperties: false,
    };
    const constraint = { kind: 'json-schema', schema } as const;
    for (let seed = 0; seed < 10; seed++) {
      const sampling = { ...GREEDY, temperature: 1.5, seed, constraint };
      const { text, reason } = await engine.complete(greedy('x', { sampling, maxTokens: 300, ignoreEos: false }));
      expect(reason).toBe('stop');
      const value = JSON.parse(text) as { kind: string; count: number; tags: string[] };
      expect(['a', 'b']).toContain(value.kind);
      expect(value.count).toBeGreaterThanOrEqual(7);
      expect(value.count).toBeLessThanOrEqual(1234);
      expect(value.tags.length).toBeLessThanOrEqual(2);
    }
  });

  it('appends the text that a constraint forces, and ends where the constraint ends', async () => {
    const before = engine.load?.forcedTokens ?? 0;
    const pattern = 'the only possible answer, in a pattern of many words';
    const sampling = { ...GREEDY, constraint: { kind: 'pattern', pattern } as const };
    const { text, reason } = await engine.complete(greedy('x', { sampling, maxTokens: 300, ignoreEos: false }));
    expect({ text, reason }).toEqual({ text: pattern, reason: 'stop' });
    expect(engine.load!.forcedTokens).toBeGreaterThan(before);
  });

  it('ends at stop tokens, at the token limit, at the deadline', async () => {
    const stopAt = plain[0]![5]!;
    const stopped = await engine.complete(greedy(prompts[0]!, { stopTokens: [stopAt] }));
    expect(stopped.reason).toBe('stop');
    expect(stopped.tokens.at(-1)).toBe(stopAt);
    const late = await engine.complete(greedy(prompts[0]!, { maxTokens: 3500, deadlineMs: 30 }));
    expect(late.reason).toBe('deadline');
    expect(late.tokens.length).toBeLessThan(3500);
  });

  it('refuses bad requests by field, and keeps serving', async () => {
    await expect(engine.complete(greedy([999_999]))).rejects.toMatchObject({ kind: 'invalid-input', field: 'prompt' });
    await expect(engine.complete(greedy(new Array(5000).fill(5)))).rejects.toMatchObject({ kind: 'invalid-input' });
    await expect(engine.complete(greedy('x', { adapter: 'none' }))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(
      engine.complete(greedy('x', { sampling: { ...GREEDY, constraint: { kind: 'gbnf', grammar: 'root ::= (' } } })),
    ).rejects.toMatchObject({ field: 'grammar' });
    expect((await engine.complete(greedy(prompts[1]!))).tokens).toEqual(plain[1]);
  });

  it('frees the slot of a cancelled request', async () => {
    const abort = new AbortController();
    const running = engine.complete(greedy(prompts[0]!, { maxTokens: 3500 }), abort.signal);
    setTimeout(() => abort.abort(), 50);
    expect((await running).reason).toBe('cancelled');
    expect(engine.load!.running).toBe(0);
  });

  it('restarts when its process is killed: the running request fails, the next one works', async () => {
    const mortal = await start();
    for (let kill = 0; kill < 3; kill++) {
      const running = mortal.complete(greedy(prompts[0]!, { maxTokens: 3500 }));
      setTimeout(() => process.kill(mortal.pid!, 'SIGKILL'), 50);
      await expect(running).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await mortal.complete(greedy(prompts[2]!))).tokens).toEqual(plain[2]);
    }
    expect(mortal.restarts).toBe(3);
  });

  it('refuses a file that is not a model', async () => {
    await expect(Engine.start({ ggufPath: import.meta.filename })).rejects.toMatchObject({ kind: 'corrupt' });
  });
});
