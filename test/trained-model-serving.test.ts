import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../src/serving/engine/engine.ts';
import type { EngineSettings, GenerateRequest } from '../src/serving/engine/protocol.ts';
import { LlamaContext } from '../src/serving/llama/context.ts';
import { loadLlama } from '../src/serving/llama/library.ts';
import { LlamaModel } from '../src/serving/llama/model.ts';
import { largest, logSumExp } from '../src/serving/sampling/candidates.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import { engineMissing } from '../testing/models/test-model.ts';
import { song, trainedModel } from '../testing/models/trained-model.ts';

const PROMPTS = 50;
const OUTPUT_TOKENS = 40;
const LOGPROB_TOLERANCE = 1e-2;

/** What llama.cpp itself says: one sequence, one token a step, nothing around it. */
interface Reference {
  prompt: number[];
  tokens: number[];
  /** The five best log probabilities of each step. */
  top: Map<number, number>[];
}

function askLlamaCpp(path: string, prompts: readonly string[]): Reference[] {
  const llama = loadLlama();
  const model = LlamaModel.load(llama, path, { gpuLayers: 0 });
  const context = new LlamaContext(llama, model, {
    cells: 512,
    batchTokens: 256,
    sequences: 1,
    threads: 1,
    kvCacheType: 'f16',
  });
  const references = prompts.map((text): Reference => {
    const prompt = model.tokenize(text, { special: true, bos: true });
    const reference: Reference = { prompt, tokens: [], top: [] };
    context.clear();
    context.clearBatch();
    for (const [position, token] of prompt.entries()) {
      context.add(token, position, 0, position === prompt.length - 1);
    }
    for (let step = 0; step < OUTPUT_TOKENS; step++) {
      expect(context.decode()).toBe('done');
      const logits = context.logits(step === 0 ? prompt.length - 1 : 0);
      const best = largest(logits, 5);
      const normalizer = logSumExp(logits);
      reference.top.push(new Map(best.tokens.map((token, index) => [token, best.logits[index]! - normalizer])));
      reference.tokens.push(best.tokens[0]!);
      context.clearBatch();
      context.add(best.tokens[0]!, prompt.length + step, 0, true);
    }
    return reference;
  });
  context.free();
  return references;
}

describe.skipIf(engineMissing() !== undefined)('serving a trained model', () => {
  const engines: Engine[] = [];
  let path: string;
  let references: Reference[];

  beforeAll(async () => {
    path = await trainedModel();
    // Beginnings of verses, cut between words: what comes next is certain, so no rounding of a batch can turn it.
    const verses = song().split('\n').filter(Boolean);
    const prompts = Array.from({ length: PROMPTS }, (_, index) => {
      const words = verses
        .slice(index % 10)
        .join('\n')
        .split(' ');
      return words.slice(0, 12 + Math.floor(index / 10) * 4).join(' ');
    });
    references = askLlamaCpp(path, prompts);
  }, 300_000);

  afterAll(() => Promise.all(engines.map((engine) => engine.close())));

  const start = async (settings: Partial<EngineSettings>) => {
    const engine = await Engine.start({ ggufPath: path, threads: 1, contextTokens: 4096, ...settings });
    engines.push(engine);
    return engine;
  };
  const request = ({ prompt }: Reference, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
    prompt,
    sampling: GREEDY,
    maxTokens: OUTPUT_TOKENS,
    ignoreEos: true,
    ...more,
  });
  const tokensOf = async (engine: Engine) => {
    const completions = await engine.completeAll(references.map((reference) => request(reference)));
    return completions.map(({ tokens }) => tokens);
  };

  it('has learnt its text', () => {
    const sure = references.flatMap(({ top }) => top.map((best) => Math.max(...best.values())));
    const mean = sure.reduce((sum, value) => sum + value, 0) / sure.length;
    expect(mean).toBeGreaterThan(-0.05);
  });

  it('gives llama.cpp’s greedy tokens one at a time', async () => {
    const engine = await start({ maxRunning: 1, prefixCache: false });
    expect(await tokensOf(engine)).toEqual(references.map(({ tokens }) => tokens));
  });

  for (const kvLayout of ['unified', 'streams'] as const) {
    it(`gives llama.cpp’s greedy tokens batched and again from the prefix cache, ${kvLayout}`, async () => {
      const engine = await start({ maxRunning: 8, kvLayout });
      const expected = references.map(({ tokens }) => tokens);
      expect(await tokensOf(engine)).toEqual(expected);
      const readBefore = engine.load!.prefixHitTokens;
      expect(await tokensOf(engine)).toEqual(expected);
      // Streams keep only as many texts as there are places, which may be others than those asked for next.
      if (kvLayout === 'unified') expect(engine.load!.prefixHitTokens).toBeGreaterThan(readBefore);
    });
  }

  it('gives llama.cpp’s greedy tokens with speculation, alone and batched', async () => {
    // How often it guesses goes by the clock, so that nothing is asserted of it here; engine.test.ts sees guesses accepted.
    for (const maxRunning of [1, 4]) {
      const engine = await start({ maxRunning, speculation: 'lookup' });
      expect(await tokensOf(engine)).toEqual(references.map(({ tokens }) => tokens));
    }
  });

  it('gives llama.cpp’s five best log probabilities', async () => {
    const engine = await start({ maxRunning: 8 });
    const sampling = { ...GREEDY, topLogprobs: 5 };
    let worst = 0;
    await Promise.all(
      references.map(async (reference) => {
        let step = 0;
        for await (const event of engine.generate(request(reference, { sampling }))) {
          if (event.kind === 'finish') break;
          for (const { top } of event.logprobs ?? []) {
            const expected = reference.top[step++]!;
            expect(top).toHaveLength(5);
            // The fifth may change places with the sixth; those that both name must agree.
            const shared = top.filter(({ token }) => expected.has(token));
            expect(shared.length).toBeGreaterThanOrEqual(4);
            for (const { token, logprob } of shared) worst = Math.max(worst, Math.abs(logprob - expected.get(token)!));
          }
        }
        expect(step).toBe(OUTPUT_TOKENS);
      }),
    );
    expect(worst).toBeLessThan(LOGPROB_TOLERANCE);
  });

  it('writes JSON that parses and fits, whatever the schema and the draw', async () => {
    const engine = await start({ maxRunning: 8 });
    const text = { type: 'string', maxLength: 12 };
    // An open object may have members of any name, of which this model writes more than the request has tokens for.
    const closed = { type: 'object', additionalProperties: false };
    const schemas = [
      { ...closed, properties: { name: text, age: { type: 'integer', minimum: 0, maximum: 150 } } },
      { type: 'array', items: { enum: ['river', 'stone', 3, null, true] }, minItems: 1, maxItems: 4 },
      { ...closed, properties: { a: { type: 'array', items: text, maxItems: 2 } }, required: ['a'] },
      { anyOf: [{ type: 'boolean' }, { ...closed, properties: { x: { const: 'y' } }, required: ['x'] }] },
      { type: ['integer', 'null'], minimum: -5, maximum: 5 },
    ];
    const requests = schemas.flatMap((schema) =>
      Array.from({ length: 10 }, (_, seed): GenerateRequest => {
        const sampling = { ...GREEDY, temperature: 1.5, seed, constraint: { kind: 'json-schema', schema } as const };
        return { prompt: '1: the river', sampling, maxTokens: 300 };
      }),
    );
    const completions = await engine.completeAll(requests);
    for (const { text: json, reason } of completions) {
      expect(reason).toBe('stop');
      expect(() => JSON.parse(json)).not.toThrow();
    }
  });
});
