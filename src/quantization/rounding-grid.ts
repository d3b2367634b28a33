import { roundToHalf } from '../model/float-formats.ts';
import { groupsPerRow, type QuantizedMatrix } from '../model/quantized-matrix.ts';

/** How weights are rounded: so many bits, one scale for so many consecutive inputs. */
export interface RoundingSettings {
  bits: 4 | 8;
  /** Columns that share a scale; `channel` is a scale per output. */
  groupSize: number | 'channel';
  symmetric: boolean;
}

/** What a group of weights is rounded to: scale · (code − zero). */
export interface RoundingGrid {
  scale: number;
  zero: number;
}

/** Smallest scale that binary16 can hold without losing precision: below it a group counts as zero. */
const smallestScale = 2 ** -14;

/** An all-zero matrix of codes for the settings, to be filled. Throws `invalid-input` if groups do not fit. */
export function emptyMatrix(rows: number, columns: number, settings: RoundingSettings, name: string): QuantizedMatrix {
  const groupSize = settings.groupSize === 'channel' ? columns : settings.groupSize;
  const groups = groupsPerRow(columns, groupSize, name);
  return {
    rows,
    columns,
    bits: settings.bits,
    groupSize,
    symmetric: settings.symmetric,
    codes: new Uint8Array(rows * columns),
    scales: new Float32Array(rows * groups),
    zeroPoints: new Uint8Array(rows * groups),
  };
}

/** Nearest code of a value. */
export function codeOf(value: number, { scale, zero }: RoundingGrid, bits: number): number {
  const code = scale === 0 ? zero : Math.round(value / scale) + zero;
  const largest = 2 ** bits - 1;
  return code < 0 ? 0 : code > largest ? largest : code;
}

/** The grid that spans a group: what round-to-nearest uses (for 4 bits symmetric, that of Q4_0; for 8, of Q8_0). */
export function spanningGrid(values: Float32Array, from: number, to: number, settings: RoundingSettings): RoundingGrid {
  const { bits, symmetric } = settings;
  let least = 0;
  let most = 0;
  for (let i = from; i < to; i++) {
    least = Math.min(least, values[i]!);
    most = Math.max(most, values[i]!);
  }
  const middle = 2 ** (bits - 1);
  if (symmetric) {
    const scale = bits === 8 ? Math.max(most, -least) / 127 : -least >= most ? least / -middle : most / -middle;
    return { scale: usableScale(scale), zero: middle };
  }
  const steps = 2 ** bits - 1;
  return asymmetricGrid(least, (most - least) / steps, steps);
}

function asymmetricGrid(least: number, exactScale: number, steps: number): RoundingGrid {
  const scale = usableScale(exactScale);
  const zero = scale === 0 ? 0 : Math.round(-least / scale);
  return { scale, zero: Math.min(steps, Math.max(0, zero)) };
}

function usableScale(scale: number): number {
  const rounded = roundToHalf(scale);
  return Math.abs(rounded) < smallestScale ? 0 : rounded;
}

/**
 * The grid of least squared error over a group, each value weighted by its importance (`importance[importanceFrom]` is
 * the first one's): candidates around the spanning
 * grid, clipping the extremes more or less, each with the scale that fits its codes best.
 */
export function searchedGrid(
  values: Float32Array,
  from: number,
  to: number,
  settings: RoundingSettings,
  importance: Float64Array,
  importanceFrom: number,
): RoundingGrid {
  const spanning = spanningGrid(values, from, to, settings);
  if (spanning.scale === 0) return spanning;
  let best = spanning;
  let bestError = weightedError(values, from, to, spanning, settings.bits, importance, importanceFrom);
  const consider = (grid: RoundingGrid): void => {
    if (grid.scale === 0) return;
    const error = weightedError(values, from, to, grid, settings.bits, importance, importanceFrom);
    if (error < bestError) {
      best = grid;
      bestError = error;
    }
  };
  const signs = settings.symmetric && settings.bits === 4 ? [1, -1] : [1];
  for (const sign of signs) {
    for (let step = 0; step < 16; step++) {
      const factor = sign * (1.1 - 0.035 * step);
      const candidate = { scale: usableScale(spanning.scale * factor), zero: spanning.zero };
      if (candidate.scale === 0) continue;
      consider(candidate);
      consider(fittedGrid(values, from, to, candidate, settings, importance, importanceFrom));
    }
  }
  return best;
}

/** The scale of least squares for the codes that a grid gives; asymmetric grids also try the neighbouring zeros. */
function fittedGrid(
  values: Float32Array,
  from: number,
  to: number,
  grid: RoundingGrid,
  settings: RoundingSettings,
  importance: Float64Array,
  importanceFrom: number,
): RoundingGrid {
  let zero = grid.zero;
  if (!settings.symmetric) {
    let least = 0;
    for (let i = from; i < to; i++) least = Math.min(least, values[i]!);
    zero = Math.min(2 ** settings.bits - 1, Math.max(0, Math.round(-least / Math.abs(grid.scale))));
  }
  let product = 0;
  let square = 0;
  for (let i = from; i < to; i++) {
    const weight = importance[importanceFrom + i - from]!;
    const level = codeOf(values[i]!, { scale: grid.scale, zero }, settings.bits) - zero;
    product += weight * level * values[i]!;
    square += weight * level * level;
  }
  return square === 0 ? grid : { scale: usableScale(product / square), zero };
}

function weightedError(
  values: Float32Array,
  from: number,
  to: number,
  grid: RoundingGrid,
  bits: number,
  importance: Float64Array,
  importanceFrom: number,
): number {
  const { scale, zero } = grid;
  const inverse = 1 / scale;
  const largest = 2 ** bits - 1;
  let error = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    let code = Math.round(value * inverse) + zero;
    code = code < 0 ? 0 : code > largest ? largest : code;
    const difference = value - scale * (code - zero);
    error += importance[importanceFrom + i - from]! * difference * difference;
  }
  return error;
}

/**
 * Rounds a matrix [rows, columns] to nearest, each group by itself. With `importance` (one number per column) the grids
 * are searched for the least weighted error; without, they span the group.
 */
export function roundToNearest(
  values: Float32Array,
  rows: number,
  columns: number,
  settings: RoundingSettings,
  name: string,
  importance?: Float64Array,
): QuantizedMatrix {
  const matrix = emptyMatrix(rows, columns, settings, name);
  const { groupSize, codes, scales, zeroPoints } = matrix;
  const groups = columns / groupSize;
  for (let group = 0; group < rows * groups; group++) {
    const from = group * groupSize;
    const to = from + groupSize;
    const firstColumn = (group % groups) * groupSize;
    const grid =
      importance === undefined
        ? spanningGrid(values, from, to, settings)
        : searchedGrid(values, from, to, settings, importance, firstColumn);
    scales[group] = grid.scale;
    zeroPoints[group] = grid.zero;
    for (let i = from; i < to; i++) codes[i] = codeOf(values[i]!, grid, settings.bits);
  }
  return matrix;
}
