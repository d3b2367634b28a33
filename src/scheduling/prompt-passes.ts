/** From this many rows on, llama.cpp computes the attention of one sequence in tiles, which is several times faster. */
export const TILED_ROWS = 64;

/** A lower bound of the private (L2) cache of one core on common servers and laptops. */
const CORE_CACHE_BYTES = 2 ** 19;

/**
 * Most rows of one forward pass on a CPU, for a model of the given width and a number of sequences that may be in the
 * batch: twice the rows whose widest activations (one byte a value, four times the width) stay in a core's cache while
 * all weights stream by. A model of a billion parameters read 64 rows as fast as 256 in some runs, a tenth faster in
 * others.
 */
export function rowsPerPass(embeddingWidth: number, sequences: number): number {
  const inCache = Math.max(TILED_ROWS, 2 ** Math.floor(Math.log2(CORE_CACHE_BYTES / (4 * embeddingWidth))));
  return Math.max(2 * inCache, sequences);
}

/**
 * Splits a step's prompt pieces into forward passes, for a KV cache with a stream per sequence. llama.cpp computes
 * together only sequences with equal token counts and splits anything else into many small passes, so short pieces
 * share one pass and each long piece has passes to itself. A long piece goes half of `mostRows` at a time and its last
 * part takes what remains, so that no part is too small for tiled attention.
 */
export function promptPasses<Piece extends { count: number }>(
  pieces: readonly Piece[],
  mostRows = Infinity,
): Piece[][] {
  const short = pieces.filter(({ count }) => count < TILED_ROWS);
  const passes: Piece[][] = short.length > 0 ? [short] : [];
  const half = Math.floor(mostRows / 2);
  for (const piece of pieces) {
    if (piece.count < TILED_ROWS) continue;
    let { count } = piece;
    for (; count >= mostRows; count -= half) passes.push([{ ...piece, count: half }]);
    passes.push([{ ...piece, count }]);
  }
  return passes;
}
