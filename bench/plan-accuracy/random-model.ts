import type { GgmlType } from '../../src/model/gguf/block-types.ts';
import { exportGguf, type GgufArtifact } from '../../src/model/gguf/export-gguf.ts';
import { ggufTensors } from '../../src/model/gguf/tensor-names.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { Tokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../src/model/tokenizer/train-bpe.ts';

/** A Llama of the given dimensions, as its configuration. */
export function llama(dimensions: {
  vocabSize: number;
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  ffnWidth: number;
}): ModelConfig {
  return {
    family: 'llama',
    ...dimensions,
    headDim: dimensions.width / dimensions.heads,
    contextLength: 4096,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [0],
  };
}

/** Writes a GGUF of that shape with random weights: speed and memory do not depend on what they are. */
export async function writeRandomGguf(path: string, config: ModelConfig, type: GgmlType): Promise<GgufArtifact> {
  const files = await trainByteLevelBpe(['a benchmark needs no words'], {
    vocabSize: 257,
    specialTokens: ['<|end|>'],
    eosToken: '<|end|>',
  });
  const shapes = new Map(ggufTensors(config).map((tensor) => [tensor.from, tensor.shape]));
  const pattern = Float32Array.from({ length: 65_537 }, (_, index) => Math.sin(index * 12.9898) * 0.04);
  return exportGguf(path, {
    name: 'random',
    config,
    tokenizer: Tokenizer.fromFiles(files),
    type,
    weights: {
      has: (name) => shapes.has(name),
      readFloat32: async (name) => {
        const values = new Float32Array(shapes.get(name)!.reduce((product, size) => product * size, 1));
        for (let offset = 0; offset < values.length; offset += pattern.length) {
          values.set(pattern.subarray(0, Math.min(pattern.length, values.length - offset)), offset);
        }
        return values;
      },
    },
  });
}
