import { FtsError } from '../../errors/fts-error.ts';
import { LlamaContext } from './context.ts';
import type { Llama } from './library.ts';
import type { LlamaModel } from './model.ts';

const MOST_INPUT_TOKENS = 2048;

/**
 * Embeddings from a decoder model: the mean of the last hidden states over the input, scaled to length 1. Uses its own
 * context, separate from the one that generates.
 */
export class Embedder {
  private readonly context: LlamaContext;
  private readonly width: number;
  private readonly mostTokens: number;

  constructor(llama: Llama, model: LlamaModel, threads: number) {
    this.width = model.embeddingWidth;
    this.mostTokens = Math.min(MOST_INPUT_TOKENS, model.trainedContextTokens || MOST_INPUT_TOKENS);
    this.context = new LlamaContext(llama, model, {
      cells: this.mostTokens,
      batchTokens: this.mostTokens,
      sequences: 1,
      threads,
      kvCacheType: 'f16',
      embeddings: true,
    });
  }

  /** One vector `[embeddingWidth]` of length 1 for each token list. */
  embed(inputs: readonly (readonly number[])[]): Float32Array[] {
    return inputs.map((tokens) => this.embedOne(tokens));
  }

  private embedOne(tokens: readonly number[]): Float32Array {
    if (tokens.length === 0 || tokens.length > this.mostTokens) {
      throw new FtsError('invalid-input', `An input to embed has ${tokens.length} tokens.`, {
        field: 'input',
        value: tokens.length,
        remedy: `Send 1 to ${this.mostTokens} tokens.`,
      });
    }
    const { context } = this;
    context.clear();
    context.clearBatch();
    tokens.forEach((token, position) => {
      context.add(token, position, 0, true);
    });
    if (context.decode() !== 'done') throw new FtsError('internal', 'llama.cpp failed to compute the embedding.');
    const mean = new Float32Array(this.width);
    for (let row = 0; row < tokens.length; row++) {
      const hidden = context.embedding(row);
      for (let i = 0; i < mean.length; i++) mean[i]! += hidden[i]!;
    }
    const norm = Math.hypot(...mean) || 1;
    return mean.map((value) => value / norm);
  }
}
