import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FtsError } from '../src/errors/fts-error.ts';
import { trainingGraph } from '../src/model/architectures/training-graph.ts';
import { parseModelConfig } from '../src/model/families/config-json.ts';
import { familyOf } from '../src/model/families/index.ts';
import { ForwardPass } from '../src/model/forward-pass.ts';
import { exportGguf } from '../src/model/gguf/export-gguf.ts';
import { importModel } from '../src/model/import-model.ts';
import type { ModelConfig } from '../src/model/model-config.ts';
import { openModelDirectory } from '../src/model/model-directory.ts';
import { loadParameters } from '../src/model/model-parameters.ts';
import { openModel } from '../src/model/open-model.ts';
import { quantize } from '../src/quantization/quantize.ts';
import { quantizationSettingsSchema } from '../src/quantization/settings.ts';
import { LlamaContext } from '../src/serving/llama/context.ts';
import { type Llama, loadLlama } from '../src/serving/llama/library.ts';
import { LlamaModel } from '../src/serving/llama/model.ts';
import { tinyConfigs, writeRandomModel } from '../testing/models/random-model.ts';

const idle = { report: () => {}, signal: new AbortController().signal };
const tokens = [5, 300, 17, 42, 511, 2, 260, 99, 100, 101, 3, 480, 77, 350, 12, 9];
const EQUAL = 'equal';

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-families-'));
  llama = loadLlama();
});
afterAll(() => rm(folder, { recursive: true }));

/** Logits [tokens, vocabulary] by this program's own forward pass. */
async function ours(path: string): Promise<Float32Array> {
  const { config, checkpoint, close } = await openModel(path);
  try {
    const forward = new ForwardPass(config, await loadParameters(config, checkpoint), tokens.length);
    const logits = await forward.logits(tokens);
    const rows = tokens.map((_, row) =>
      logits.slice(row * forward.logitColumns, row * forward.logitColumns + config.vocabSize),
    );
    forward.close();
    return Float32Array.from(rows.flatMap((row) => [...row]));
  } finally {
    await close();
  }
}

/** The same by llama.cpp from a GGUF file. */
function theirs(path: string): Float32Array {
  const model = LlamaModel.load(llama, path, { gpuLayers: 0 });
  const cache = { kvCacheType: 'f32', flashAttention: false } as const;
  const context = new LlamaContext(llama, model, { cells: 128, batchTokens: 128, sequences: 1, threads: 2, ...cache });
  for (const [position, token] of tokens.entries()) context.add(token, position, 0, true);
  expect(context.decode()).toBe('done');
  const rows = tokens.map((_, row) => [...context.logits(row)]);
  context.free();
  model.free();
  return Float32Array.from(rows.flat());
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference += (actual[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}

/** `equal`, or the reason of a refusal. Anything else that happens is an error. */
async function cell(check: () => Promise<void> | void): Promise<string> {
  try {
    await check();
    return EQUAL;
  } catch (error) {
    if (error instanceof FtsError && error.kind === 'invalid-input') return `refused: ${error.message}`;
    throw error;
  }
}

/** Every ability of one model: each cell compares with a reference or names the refusal. */
async function row(name: string, config: ModelConfig): Promise<Record<string, string>> {
  const at = (part: string): string => join(folder, `${name} ${part}`);
  const [source, imported, gguf, packed] = [at('source'), at('imported'), at('f32.gguf'), at('packed')];
  const parameters = await writeRandomModel(source, config);
  const cells: Record<string, string> = {};
  cells.import = await cell(async () => {
    await importModel(source, imported, { name, dequantize: false }, idle);
    const model = await openModelDirectory(imported);
    const read = await loadParameters(model.config, model.weights);
    await model.close();
    expect(model.config).toEqual(config);
    for (const [parameter, values] of parameters.arrays) {
      const found = read.arrays.get(parameter)!;
      expect(relativeError(found, values), parameter).toBeLessThan(1e-6);
    }
  });
  cells.GGUF = await cell(async () => {
    const model = await openModelDirectory(imported);
    await exportGguf(gguf, { name: 'random', config, weights: model.weights, type: 'F32' });
    await model.close();
  });
  const reference = await ours(imported);
  cells.evaluate = await cell(() => expect(relativeError(reference, theirs(gguf))).toBeLessThan(1e-3));
  let served = '';
  cells.quantize = await cell(async () => {
    const settings = quantizationSettingsSchema.parse({ method: 'rtn', bits: 8, format: 'gptq' });
    const { artifacts } = await quantize({ model: imported, output: packed, settings }, idle);
    served = artifacts[0]!.path;
    expect(relativeError(await ours(packed), reference)).toBeLessThan(0.05);
  });
  cells.serve = await cell(() => expect(relativeError(theirs(served), reference)).toBeLessThan(0.05));
  cells.train = await cell(() => {
    const specs = familyOf(config).parameters(config);
    const { dense } = trainingGraph(config, specs, { batch: 1, length: 8, packed: false });
    // Its gradients are compared with finite differences beside the graph.
    expect(dense.size).toBeGreaterThan(specs.length - 3);
  });
  return cells;
}

const ABILITIES = ['import', 'evaluate', 'quantize', 'GGUF', 'serve', 'train'];

const refused: Record<string, object> = {
  'mixtral, qwen3_moe, gpt_oss (mixtures of experts)': { model_type: 'mixtral' },
  deepseek_v3: { model_type: 'deepseek_v3' },
  'gemma3 (with vision)': { model_type: 'gemma3' },
};

it('does with every family what the table in the docs says', async () => {
  const lines = [`| model | ${ABILITIES.join(' | ')} |`, `| --- |${' --- |'.repeat(ABILITIES.length)}`];
  for (const [name, config] of Object.entries(tinyConfigs)) {
    const cells = await row(name, { ...config, ffnWidth: 192 });
    lines.push(`| ${name} | ${ABILITIES.map((ability) => cells[ability]).join(' | ')} |`);
  }
  for (const [name, json] of Object.entries(refused)) {
    const reason = await cell(() => void parseModelConfig(json));
    lines.push(`| ${name} | ${ABILITIES.map(() => reason.replace(/ "\w+"/, '')).join(' | ')} |`);
  }
  const page = `# Model families

Made by \`test/model-families.test.ts\` from models with random weights. "Equal" is: the same parameters after import; the
logits of llama.cpp from our F32 GGUF file within 1e-3; after quantization to 8 bits, logits within 5 %, by our own forward
pass and by llama.cpp from the GGUF file; a training graph whose gradients are those of finite differences.

${lines.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../docs/model-families.md');
}, 300_000);
