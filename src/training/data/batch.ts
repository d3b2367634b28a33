/** One micro-batch in the arrays that the graph reads. Everything is [batch · length], flat. */
export interface Batch {
  tokens: Int32Array;
  targets: Int32Array;
  /** How much each target counts: 1, or 0 where it is masked. */
  counts: Float32Array;
  /** Position within its document; absent where sequences are not packed. */
  positions?: Int32Array;
  /** Number of the document within the sequence; absent where sequences are not packed. */
  documents?: Int32Array;
}

/**
 * Where micro-batches come from. The content of number `index` is a function of the seed and the index alone, so a
 * training run can go on from any step without a record of what was read.
 */
export interface BatchSource {
  /** Sequences in a batch and tokens in a sequence. */
  readonly batch: number;
  readonly length: number;
  readonly packed: boolean;
  /** Batches in one pass over the data. */
  readonly batchesPerEpoch: number;
  /** Writes batch `index` (counted over all epochs) into the arrays. */
  fill(index: number, into: Batch): void;
}

export function emptyBatch({ batch, length, packed }: Pick<BatchSource, 'batch' | 'length' | 'packed'>): Batch {
  const size = batch * length;
  return {
    tokens: new Int32Array(size),
    targets: new Int32Array(size),
    counts: new Float32Array(size),
    ...(packed ? { positions: new Int32Array(size), documents: new Int32Array(size) } : {}),
  };
}
