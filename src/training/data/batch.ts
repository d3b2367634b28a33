/** One micro-batch as the input arrays of the graph, each flat with batch · length elements. */
export interface Batch {
  tokens: Int32Array;
  targets: Int32Array;
  /** Weight of each target in the loss: 1, or 0 if masked. */
  counts: Float32Array;
  /** Position within its document; absent if sequences are not packed. */
  positions?: Int32Array;
  /** Number of the document within the sequence; absent if sequences are not packed. */
  documents?: Int32Array;
}

/**
 * A source of micro-batches. The content of batch `index` depends only on the seed and the index, so that a training
 * run can resume at any step without recording its position in the data.
 */
export interface BatchSource {
  /** Sequences in a batch and tokens in a sequence. */
  readonly batch: number;
  readonly length: number;
  readonly packed: boolean;
  /** Batches in one pass over the data. */
  readonly batchesPerEpoch: number;
  /** Writes batch `index`, counted over all epochs, into the arrays. */
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
