/** How close decoding comes to what the memory allows. */
export interface Roofline {
  memoryBytesPerSecond: number;
  /** What one step must read at the least: all weights once, whatever the batch. */
  bytesPerToken: number;
  /** Tokens per second of one stream if the memory were the only limit. */
  limitTokensPerSecond: number;
  /** Tokens per second of one stream as measured: 1 / TPOT. */
  measuredTokensPerSecond: number;
  share: number;
}

/** The roofline of decoding at batch 1 (Williams et al. 2009): measured bandwidth over the bytes of the weights. */
export function roofline(memoryBytesPerSecond: number, weightBytes: number, tpotMs: number): Roofline {
  const limitTokensPerSecond = memoryBytesPerSecond / weightBytes;
  const measuredTokensPerSecond = 1000 / tpotMs;
  return {
    memoryBytesPerSecond,
    bytesPerToken: weightBytes,
    limitTokensPerSecond,
    measuredTokensPerSecond,
    share: measuredTokensPerSecond / limitTokensPerSecond,
  };
}
