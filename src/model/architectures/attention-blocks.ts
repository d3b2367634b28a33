/**
 * How many query blocks causal attention is cut into: from 256 positions on, not computing the upper part of the scores
 * saves more than the smaller products lose (measured on CPUs with AVX-512).
 */
export function attentionBlocks(length: number): number {
  if (length < 256 || length % 2 !== 0) return 1;
  return length >= 1024 && length % 4 === 0 ? 4 : 2;
}
