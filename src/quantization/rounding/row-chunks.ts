/** Values of a matrix that are worked on at once: rows are independent of each other, and memory is not endless. */
const chunkValues = 2 ** 22;

/** The rows of a matrix in pieces of about four million values. */
export function rowChunks(rows: number, columns: number): { from: number; to: number }[] {
  const step = Math.max(1, Math.floor(chunkValues / columns));
  return Array.from({ length: Math.ceil(rows / step) }, (_, chunk) => ({
    from: chunk * step,
    to: Math.min(rows, (chunk + 1) * step),
  }));
}
