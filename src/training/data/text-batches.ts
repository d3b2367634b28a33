import { FtsError } from '../../errors/fts-error.ts';
import { permutation } from '../../random/permutation.ts';
import { sfc32 } from '../../random/sfc32.ts';
import type { Batch, BatchSource } from './batch.ts';

/** A long sequence of token ids, in memory or mapped from files. */
export interface TokenStream {
  readonly length: number;
  /** Fills `into` with the tokens from position `from` on. */
  read(from: number, into: Int32Array): void;
}

export function tokensInMemory(tokens: ArrayLike<number>): TokenStream {
  const array = Int32Array.from(tokens);
  return { length: array.length, read: (from, into) => into.set(array.subarray(from, from + into.length)) };
}

interface TextBatchOptions {
  batch: number;
  length: number;
  seed: number;
  /** In the order of the text from its start, as needed for evaluation. */
  inOrder?: boolean;
}

/**
 * Language-model batches from plain text: windows of `length` tokens, each predicting its next token. Each epoch cuts
 * the text at a different offset and shuffles the windows. With `inOrder`, the last batch is padded with masked
 * windows.
 */
export function textBatches(
  stream: TokenStream,
  { batch, length, seed, inOrder = false }: TextBatchOptions,
): BatchSource {
  const possible = Math.floor((stream.length - 1) / length);
  // The offset of up to one window may leave one window less per epoch.
  const windows = inOrder ? Math.ceil((stream.length - 1) / length) : Math.max(1, possible - 1);
  if (possible < 1) {
    throw new FtsError('invalid-input', `The text has ${stream.length} tokens, but a sequence needs ${length + 1}.`, {
      field: 'data',
      value: stream.length,
      remedy: 'Give more text or a shorter contextLength.',
    });
  }
  const window = new Int32Array(length + 1);
  let epoch = -1;
  let order: Uint32Array = new Uint32Array();
  let offset = 0;
  const enter = (wanted: number): void => {
    if (epoch === wanted) return;
    epoch = wanted;
    order = permutation(windows, seed, wanted + 1);
    const slack = Math.min(length, stream.length - 1 - windows * length);
    offset = Math.floor(sfc32(seed, -1 - wanted)() * (slack + 1));
  };
  const fillWindow = (from: number, at: number, into: Batch): void => {
    const available = Math.min(length, stream.length - 1 - from);
    window.fill(0);
    stream.read(from, window.subarray(0, available + 1));
    into.tokens.set(window.subarray(0, length), at);
    into.targets.set(window.subarray(1), at);
    into.counts.fill(1, at, at + available);
    into.counts.fill(0, at + available, at + length);
  };
  return {
    batch,
    length,
    packed: false,
    batchesPerEpoch: inOrder ? Math.ceil(windows / batch) : Math.max(1, Math.floor(windows / batch)),
    fill(index, into) {
      for (let row = 0; row < batch; row++) {
        const at = row * length;
        if (inOrder) {
          const number = index * batch + row;
          if (number < windows) fillWindow(number * length, at, into);
          else {
            into.tokens.fill(0, at, at + length);
            into.targets.fill(0, at, at + length);
            into.counts.fill(0, at, at + length);
          }
          continue;
        }
        const number = index * batch + row;
        enter(Math.floor(number / windows));
        fillWindow(offset + order[number % windows]! * length, at, into);
      }
    },
  };
}
