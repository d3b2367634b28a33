/** Measured decode speed compared with the limit set by memory bandwidth. */
export interface Roofline {
  memoryBytesPerSecond: number;
  /** Least bytes that one step reads: all weights once, whatever the batch size. */
  bytesPerToken: number;
  /** Tokens per second of one stream if the memory were the only limit. */
  limitTokensPerSecond: number;
  /** Tokens per second of one stream as measured: 1 / TPOT. */
  measuredTokensPerSecond: number;
  share: number;
}

/** The roofline of decoding at batch size 1 (Williams et al. 2009): measured bandwidth divided by the weight bytes. */
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
