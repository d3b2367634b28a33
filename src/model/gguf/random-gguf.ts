import type { ModelConfig } from '../model-config.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../tokenizer/train-bpe.ts';
import { exportGguf, type GgufArtifact, type GgufExport } from './export-gguf.ts';
import { ggufTensors } from './tensor-names.ts';

/**
 * Writes a GGUF file of that shape with meaningless weights: speed and memory do not depend on what they are. Its
 * vocabulary is bytes; tokens beyond them have no text.
 */
export async function writeRandomGguf(
  path: string,
  config: ModelConfig,
  type: GgufExport['type'],
): Promise<GgufArtifact> {
  const files = await trainByteLevelBpe(['speed needs no words'], {
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
