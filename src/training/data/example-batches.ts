import { FtsError } from '../../errors/fts-error.ts';
import { permutation } from '../../random/permutation.ts';
import type { Batch, BatchSource } from './batch.ts';

/** One supervised example: its tokens, and which of them are learned. */
export interface TrainingExample {
  tokens: ArrayLike<number>;
  /** 1 for each token whose prediction counts in the loss, else 0. */
  counts: ArrayLike<number>;
}

/** An example from which the model learns the completion, given the prompt. */
export function promptAndCompletion(prompt: ArrayLike<number>, completion: ArrayLike<number>): TrainingExample {
  const tokens = Int32Array.from([...Array.from(prompt), ...Array.from(completion)]);
  return { tokens, counts: new Uint8Array(tokens.length).fill(1, prompt.length) };
}

interface ExampleBatchOptions {
  batch: number;
  length: number;
  seed: number;
  /** In the given order and each example once, as needed for evaluation. */
  inOrder?: boolean;
  /** Pack several short examples into one sequence, each attending only to itself. */
  packed?: boolean;
  /** The token that sequences are padded with. */
  padTokenId?: number;
}

/**
 * Batches of whole examples. Each epoch shuffles the examples and packs them first-fit into sequences; the rest of a
 * sequence is padding, which does not count in the loss. An example longer than a sequence is an error.
 */
export function exampleBatches(examples: readonly TrainingExample[], options: ExampleBatchOptions): BatchSource {
  const { batch, length, seed, inOrder = false, packed = true, padTokenId = 0 } = options;
  checkExamples(examples, length);
  const given = Uint32Array.from(examples, (_, i) => i);
  let epoch = -1;
  let sequences: number[][] = [];
  const enter = (wanted: number): void => {
    if (epoch === wanted) return;
    epoch = wanted;
    const order = inOrder ? given : permutation(examples.length, seed, wanted + 1);
    sequences = packed ? packFirstFit(examples, order, length) : Array.from(order, (index) => [index]);
  };
  enter(0);
  // Other epochs pack into about the same number of sequences; surplus ones are dropped, missing ones are padding.
  const batchesPerEpoch = Math.ceil(sequences.length / batch);
  return {
    batch,
    length,
    packed,
    batchesPerEpoch,
    fill(index, into) {
      enter(Math.floor(index / batchesPerEpoch));
      into.tokens.fill(padTokenId);
      into.targets.fill(padTokenId);
      into.counts.fill(0);
      into.positions?.fill(0);
      into.documents?.fill(-1);
      const first = (index % batchesPerEpoch) * batch;
      for (let row = 0; row < batch; row++) {
        let at = row * length;
        for (const [document, example] of (sequences[first + row] ?? []).entries()) {
          at = writeExample(examples[example]!, document, at, into);
        }
      }
    },
  };
}

/** Writes an example at position `at` and returns the position after it. */
function writeExample({ tokens, counts }: TrainingExample, document: number, at: number, into: Batch): number {
  for (let i = 0; i + 1 < tokens.length; i++) {
    into.tokens[at + i] = tokens[i]!;
    into.targets[at + i] = tokens[i + 1]!;
    into.counts[at + i] = counts[i + 1]!;
    if (into.positions !== undefined) into.positions[at + i] = i;
    if (into.documents !== undefined) into.documents[at + i] = document;
  }
  return at + tokens.length - 1;
}

/** Open sequences that are tried before a new one is started; this many fill at least 97 % of the positions. */
const OPEN_SEQUENCES = 64;

function packFirstFit(examples: readonly TrainingExample[], order: Uint32Array, length: number): number[][] {
  const sequences: number[][] = [];
  let open: { free: number; members: number[] }[] = [];
  for (const index of order) {
    const size = examples[index]!.tokens.length - 1;
    let place = open.find(({ free }) => free >= size);
    if (place === undefined) {
      place = { free: length, members: [] };
      sequences.push(place.members);
      open = [...open.slice(-(OPEN_SEQUENCES - 1)), place];
    }
    place.members.push(index);
    place.free -= size;
  }
  return sequences;
}

function checkExamples(examples: readonly TrainingExample[], length: number): void {
  if (examples.length === 0) {
    throw new FtsError('invalid-input', 'There are no training examples.', {
      field: 'data',
      remedy: 'Give a file with at least one example.',
    });
  }
  for (const [index, { tokens, counts }] of examples.entries()) {
    if (tokens.length < 2 || tokens.length - 1 > length) {
      throw new FtsError(
        'invalid-input',
        `Example ${index + 1} has ${tokens.length} tokens; it must have 2 to ${length + 1}.`,
        {
          field: `data:${index + 1}`,
          value: tokens.length,
          remedy: 'Choose a longer contextLength, or shorten or drop that example.',
        },
      );
    }
    if (!Array.from(counts).some((count, i) => i > 0 && count > 0)) {
      throw new FtsError('invalid-input', `Example ${index + 1} has no token to learn.`, {
        field: `data:${index + 1}`,
        remedy: 'Give it a completion that is not empty.',
      });
    }
  }
}
