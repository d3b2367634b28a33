/** Values of a matrix processed at once. Rows are independent, so chunks of rows limit the memory in use. */
const chunkValues = 2 ** 22;

/** Splits the rows of a matrix into chunks of about four million values. */
export function rowChunks(rows: number, columns: number): { from: number; to: number }[] {
  const step = Math.max(1, Math.floor(chunkValues / columns));
  return Array.from({ length: Math.ceil(rows / step) }, (_, chunk) => ({
    from: chunk * step,
    to: Math.min(rows, (chunk + 1) * step),
  }));
}
