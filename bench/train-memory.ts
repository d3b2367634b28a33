// Does a training step take the memory that `fts plan` predicts? By the count of what is alive at once, and by how much
// a process grows.
// npm run bench -- train-memory
import type { ModelConfig } from '../src/model/model-config.ts';
import type { Bench } from './bench.ts';
import { llamaShape } from './support/llama-shape.ts';
import { shakespeareModel } from './support/nanogpt-recipe.ts';
import { stepMemory } from './support/step-memory.ts';

const { biases: _, ...gpt2 } = shakespeareModel;

const cases: Record<string, { config: ModelConfig; batch: number; length: number }> = {
  'llama-6x384': { config: llamaShape(6, 384), batch: 8, length: 256 },
  'llama-12x384, grouped queries': { config: llamaShape(12, 384, { kvHeads: 2 }), batch: 8, length: 256 },
  'llama-4x768': { config: llamaShape(4, 768), batch: 8, length: 256 },
  'qwen3-6x384, long vocabulary': {
    config: llamaShape(6, 384, { family: 'qwen3', qkNorm: true, vocabSize: 32_000, tiedEmbeddings: true }),
    batch: 4,
    length: 256,
  },
  'gpt2-6x384': {
    config: {
      ...gpt2,
      vocabSize: 4096,
      width: 384,
      layers: 6,
      heads: 6,
      kvHeads: 6,
      headDim: 64,
      ffnWidth: 1536,
      contextLength: 256,
    },
    batch: 8,
    length: 256,
  },
};

const bench: Bench = async () => {
  const rows = [];
  for (const [name, { config, batch, length }] of Object.entries(cases)) {
    const { predicted, counted, resident } = await stepMemory(config, { batch, length });
    for (const [way, bytes] of [
      ['counted', counted],
      ['process', resident],
    ] as const) {
      rows.push({
        case: `${name}, ${way}`,
        ours: bytes / 1e6,
        peer: predicted / 1e6,
        peerName: 'planning',
        unit: 'MB',
        ratio: bytes / predicted,
        higherIsBetter: false,
      });
    }
  }
  return { rows, notes: ['16 bytes a parameter (weights, gradients, two moments) and the activations of one step.'] };
};

export default bench;
