import { float32Source } from '../../src/model/checkpoint/safetensors.ts';
import { familyOf } from '../../src/model/families/index.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { writeModelDirectory } from '../../src/model/model-directory.ts';
import { type ModelParameters, toWeightReader } from '../../src/model/model-parameters.ts';
import { trainByteLevelBpe } from '../../src/model/tokenizer/train-bpe.ts';
import { mulberry32 } from '../../src/random/mulberry32.ts';
import { standardNormal } from '../../src/random/normal.ts';
import { elementsOf } from '../../src/tensor/shape.ts';

export const tinyLlama: ModelConfig = {
  family: 'llama',
  vocabSize: 512,
  width: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffnWidth: 160,
  contextLength: 128,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
  qkvBias: false,
  qkNorm: false,
  eosTokenIds: [0],
};

const { ropeTheta: _, ...unrotated } = tinyLlama;

/** One small model of each family. */
export const tinyConfigs: Record<string, ModelConfig> = {
  llama: tinyLlama,
  'llama, untied': { ...tinyLlama, tiedEmbeddings: false },
  'llama, untied, long context': {
    ...tinyLlama,
    tiedEmbeddings: false,
    ropeScaling: {
      type: 'llama3',
      factor: 4,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 64,
    },
  },
  qwen2: { ...tinyLlama, family: 'qwen2', qkvBias: true },
  'qwen2, untied': { ...tinyLlama, family: 'qwen2', qkvBias: true, tiedEmbeddings: false },
  qwen3: { ...tinyLlama, family: 'qwen3', qkNorm: true, headDim: 32 },
  gpt2: { ...unrotated, family: 'gpt2', kvHeads: 4, qkvBias: true },
  'llama with biases': { ...tinyLlama, qkvBias: true, attentionOutputBias: true, ffnBias: true },
  mistral: { ...tinyLlama, family: 'mistral', slidingWindow: 48 },
  'qwen3 with YaRN': {
    ...tinyLlama,
    family: 'qwen3',
    qkNorm: true,
    ropeScaling: { type: 'yarn', factor: 4, betaFast: 32, betaSlow: 1, originalContextLength: 32 },
  },
  gemma2: {
    ...tinyLlama,
    family: 'gemma2',
    layers: 4,
    norms: 'around',
    centredNorms: true,
    activation: 'gelu-tanh',
    embeddingScale: 8,
    slidingWindow: 12,
    slidingLayers: [0, 2],
    attentionSoftcap: 5,
    logitSoftcap: 3,
  },
  gemma3: {
    ...tinyLlama,
    family: 'gemma3',
    layers: 7,
    qkNorm: true,
    norms: 'around',
    centredNorms: true,
    activation: 'gelu-tanh',
    embeddingScale: 8,
    ropeTheta: 1_000_000,
    localRopeTheta: 10_000,
    ropeScaling: { type: 'linear', factor: 8 },
    slidingWindow: 12,
    slidingLayers: [0, 1, 2, 3, 4, 6],
  },
  phi3: { ...tinyLlama, family: 'phi3', fusedProjections: true, tiedEmbeddings: false, slidingWindow: 96 },
  'phi3 with LongRoPE, partly rotated': {
    ...tinyLlama,
    family: 'phi3',
    fusedProjections: true,
    rotaryDim: 12,
    contextLength: 1024,
    ropeScaling: {
      type: 'longrope',
      shortFactors: [1, 1.1, 1.2, 1.4, 1.6, 2],
      longFactors: [1, 2, 3, 4, 6, 8],
      originalContextLength: 512,
    },
  },
  olmo2: { ...tinyLlama, family: 'olmo2', qkNorm: 'whole', norms: 'after', tiedEmbeddings: false },
  granite: {
    ...tinyLlama,
    family: 'granite',
    embeddingScale: 12,
    attentionScale: 0.125,
    residualScale: 0.25,
    logitScale: 0.125,
  },
  smollm3: { ...tinyLlama, family: 'smollm3', layers: 5, unrotatedLayers: [3] },
};

/** Random parameters whose activations are of the size of a trained model's. */
export function randomParameters(config: ModelConfig, seed = 7): ModelParameters {
  const random = mulberry32(seed);
  const gaussian = () => standardNormal(random);
  const specs = familyOf(config).parameters(config);
  const arrays = new Map(
    specs.map((spec) => {
      const array = new Float32Array(elementsOf(spec.shape));
      const used = elementsOf(spec.shape) * Math.min(1, elementsOf(spec.source.shape) / elementsOf(spec.shape));
      for (let i = 0; i < used; i++) {
        array[i] =
          spec.initial === 'ones'
            ? 1 + 0.1 * gaussian()
            : spec.initial === 'zeros'
              ? 0.1 * gaussian()
              : 0.1 * gaussian();
      }
      return [spec.name, array];
    }),
  );
  return { specs, arrays };
}

/** Writes a model directory with random weights and a tokenizer of the model's vocabulary. */
export async function writeRandomModel(path: string, config: ModelConfig, seed = 7): Promise<ModelParameters> {
  const parameters = randomParameters(config, seed);
  const reader = toWeightReader(parameters);
  const random = mulberry32(99);
  const syllables = ['pur', 'ge', 'ac', 'ti', 'vate', 'cache', 'edge', 'ing', 'ed', 's', 'host', 'name', 'é', '漢'];
  const text = Array.from({ length: 4000 }, () => {
    const word = Array.from({ length: 1 + Math.floor(random() * 4) }, () => syllables[Math.floor(random() * 14)]);
    return word.join('');
  }).join(' ');
  const tokenizer = await trainByteLevelBpe([text], {
    vocabSize: config.vocabSize,
    specialTokens: ['<|end|>', '<|pad|>'],
    eosToken: '<|end|>',
    padToken: '<|pad|>',
  });
  await writeModelDirectory(path, {
    config,
    tokenizer,
    weights: await Promise.all(
      reader.names().map(async (name) => float32Source(name, reader.info(name).shape, await reader.readFloat32(name))),
    ),
    provenance: { name: 'random', createdAt: '2026-01-01T00:00:00.000Z', madeBy: 'test' },
  });
  return parameters;
}
