/** A repeatable stream of 32-bit words: mulberry32 (T. Ettinger), small and fast, with 32 bits of state. */
export function mulberry32Words(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** A repeatable stream of numbers in [0, 1): the words of mulberry32 divided by 2³². */
export function mulberry32(seed: number): () => number {
  const word = mulberry32Words(seed);
  return () => word() / 2 ** 32;
}
