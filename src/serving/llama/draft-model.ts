import { FtsError } from '../../errors/fts-error.ts';
import { argmax } from '../sampling/candidates.ts';
import { LlamaContext } from './context.ts';
import type { Llama } from './library.ts';
import { LlamaModel } from './model.ts';

/**
 * A smaller model that drafts tokens greedily for speculation. It keeps one sequence per stream in its own KV cache and
 * prefills only the tokens that are new since its last draft.
 */
export class DraftModel {
  private readonly context: LlamaContext;
  private readonly known = new Map<object, { sequence: number; tokens: number[] }>();
  private readonly freeSequences: number[];
  private readonly options: { cells: number; streams: number; threads: number };

  /** Errors: `invalid-input` if its vocabulary size differs from that of the target model. */
  constructor(
    llama: Llama,
    path: string,
    target: LlamaModel,
    options: { cells: number; streams: number; threads: number },
  ) {
    const model = LlamaModel.load(llama, path, { gpuLayers: 0 });
    if (model.vocabSize !== target.vocabSize) {
      throw new FtsError(
        'invalid-input',
        `The draft model has ${model.vocabSize} tokens, the model ${target.vocabSize}.`,
        {
          field: 'draftGgufPath',
          value: path,
          remedy: 'Draft with a model of the same tokenizer.',
        },
      );
    }
    this.options = options;
    this.freeSequences = Array.from({ length: options.streams }, (_, index) => index);
    this.context = new LlamaContext(llama, model, {
      cells: options.cells,
      batchTokens: 512,
      sequences: options.streams,
      threads: options.threads,
      kvCacheType: 'f16',
    });
  }

  /** Continues `tokens` greedily by up to `most` tokens; returns none if no sequence is free for this stream. */
  continue(stream: object, tokens: readonly number[], most: number): number[] {
    const state = this.known.get(stream) ?? this.open(stream);
    if (state === undefined) return [];
    let common = 0;
    while (common < state.tokens.length && common < tokens.length - 1 && state.tokens[common] === tokens[common])
      common++;
    this.context.truncate(state.sequence, common);
    state.tokens.length = common;
    const guess: number[] = [];
    let fresh = tokens.slice(common);
    while (guess.length < most) {
      const next = this.prefill(state, fresh);
      if (next === undefined) return guess;
      guess.push(next);
      fresh = [next];
    }
    return guess;
  }

  forget(stream: object): void {
    const state = this.known.get(stream);
    if (state === undefined) return;
    this.context.truncate(state.sequence);
    this.freeSequences.push(state.sequence);
    this.known.delete(stream);
  }

  private open(stream: object) {
    const sequence = this.freeSequences.pop();
    if (sequence === undefined) return undefined;
    const state = { sequence, tokens: [] as number[] };
    this.known.set(stream, state);
    return state;
  }

  /** Prefills tokens in chunks and returns the likeliest next one; undefined if the cache is full. */
  private prefill(state: { sequence: number; tokens: number[] }, fresh: readonly number[]): number | undefined {
    if (state.tokens.length + fresh.length > this.options.cells / this.options.streams) return undefined;
    const { context } = this;
    const chunk = context.options.batchTokens;
    let row = 0;
    for (let at = 0; at < fresh.length; at += chunk) {
      context.clearBatch();
      for (let offset = at; offset < Math.min(fresh.length, at + chunk); offset++) {
        row = context.add(fresh[offset]!, state.tokens.length + offset, state.sequence, offset === fresh.length - 1);
      }
      if (context.decode() !== 'done') return undefined;
    }
    for (const token of fresh) state.tokens.push(token);
    return argmax(context.logits(row));
  }
}
