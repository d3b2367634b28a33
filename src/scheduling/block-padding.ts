/** Rows that llama.cpp's x86 kernels for repacked weights compute at once; the remainder goes in fours and ones. */
const BLOCK_ROWS = 16;
/** Padding by more rows than this costs more than it gains: 15 rows of a Q4_0 model took 1.11 times as long as 16. */
const MOST_PADDING_ROWS = 2;

/** How many dummy rows a batch of `rows` is padded with, to the next multiple of a kernel block; 0 where too far off. */
export function paddingRows(rows: number): number {
  const missing = (BLOCK_ROWS - (rows % BLOCK_ROWS)) % BLOCK_ROWS;
  return missing <= MOST_PADDING_ROWS ? missing : 0;
}
