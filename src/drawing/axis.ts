/** Where values lie along one edge of a drawing, and which of them are labelled. */
export interface Axis {
  /** The coordinate of a value, in the drawing's units. */
  place(value: number): number;
  ticks: readonly number[];
}

/** An axis from `low` to `high` that runs from the coordinate `start` to `end`, with round ticks. */
export function linearAxis([low, high]: readonly [number, number], [start, end]: readonly [number, number]): Axis {
  return {
    place: (value) => start + ((value - low) / (high - low)) * (end - start),
    ticks: roundNumbers(low, high),
  };
}

/** An axis by powers of two, both ends above zero: equal factors take equal lengths. */
export function logarithmicAxis([low, high]: readonly [number, number], [start, end]: readonly [number, number]): Axis {
  return {
    place: (value) => start + ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))) * (end - start),
    ticks: powersOfTwo(low, high),
  };
}

/** A tick as its label shows it, to three decimals. */
export const tickLabel = (value: number): number => Number(value.toFixed(3));

/** About five round numbers between two others. */
function roundNumbers(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

function powersOfTwo(low: number, high: number): number[] {
  const found: number[] = [];
  for (let value = 2 ** Math.ceil(Math.log2(low)); value <= high; value *= 2) found.push(value);
  return found;
}
