/** A standard normal number from two uniform ones in [0, 1), by the transform of Box and Muller (1958). */
export function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Fills `into` with normal numbers of mean 0; both numbers that the Box–Muller transform gives are used. */
export function fillNormal(into: Float32Array, deviation: number, random: () => number): void {
  for (let i = 0; i < into.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    into[i] = radius * Math.cos(angle);
    if (i + 1 < into.length) into[i + 1] = radius * Math.sin(angle);
  }
}
