import { beyondHalf, roundToHalf } from '../../model/checkpoint/float-formats.ts';
import { groupsPerRow, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';

/** How weights are rounded: the number of bits, and the number of consecutive inputs that share a scale. */
export interface RoundingSettings {
  bits: 4 | 8;
  /** Columns that share a scale; `channel` is a scale per output. */
  groupSize: number | 'channel';
  symmetric: boolean;
  /** Set for GPTQ's layout, which cannot represent a zero point of 0. */
  leastZero?: 1;
}

/** The grid to which a group of weights is rounded: scale · (code − zero). */
export interface RoundingGrid {
  scale: number;
  zero: number;
}

/** Smallest scale that binary16 represents at full precision; groups with a smaller scale become zero. */
export const smallestScale = 2 ** -14;

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

/** Nearest code of a value; `largest` is the highest code. */
export function codeOf(value: number, scale: number, zero: number, largest: number): number {
  const code = scale === 0 ? zero : Math.round(value / scale) + zero;
  return Math.min(largest, Math.max(0, code));
}

/** The grid that spans a group, used by round-to-nearest (symmetric 4 bits: as in Q4_0; 8 bits: as in Q8_0). */
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
  return asymmetricGrid(least, most, steps, settings.leastZero ?? 0);
}

function asymmetricGrid(least: number, most: number, steps: number, leastZero: 0 | 1): RoundingGrid {
  const scale = usableScale((most - least) / steps);
  const zero = scale === 0 ? 0 : Math.min(steps, Math.round(-least / scale));
  if (zero >= leastZero) return { scale, zero };
  // All values are at least 0, so the codes above the zero point span them.
  return { scale: usableScale(most / (steps - leastZero)), zero: leastZero };
}

/** The scale as binary16, or 0 if it would lose precision. Throws `invalid-input` if it is too large for binary16. */
function usableScale(scale: number): number {
  const rounded = roundToHalf(scale);
  if (!Number.isFinite(rounded)) throw beyondHalf('A scale of the weights', scale);
  return Math.abs(rounded) < smallestScale ? 0 : rounded;
}

/**
 * Rounds a matrix [rows, columns] to nearest, each group independently. With `importance` (one number per column) the
 * grids are searched for the least weighted error; otherwise they span the group.
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
  const largest = 2 ** settings.bits - 1;
  for (let group = 0; group < rows * groups; group++) {
    const from = group * groupSize;
    const to = from + groupSize;
    const firstColumn = (group % groups) * groupSize;
    const { scale, zero } =
      importance === undefined
        ? spanningGrid(values, from, to, settings)
        : searchedGrid(values, from, to, settings, importance, firstColumn);
    scales[group] = scale;
    zeroPoints[group] = zero;
    for (let i = from; i < to; i++) codes[i] = codeOf(values[i]!, scale, zero, largest);
  }
  return matrix;
}

/**
 * Search range: the grid's scale relative to the spanning grid, from wider to narrower (which clips), and the steps.
 */
const [widest, narrowest, candidates] = [1.1, 0.61, 8];

/**
 * The grid with the least squared error over a group, each value weighted by its importance
 * (`importance[importanceFrom]` is that of the first value). Tries the codes of several grids around the spanning one,
 * each with the scale that fits these codes best.
 */
export function searchedGrid(
  values: Float32Array,
  from: number,
  to: number,
  settings: RoundingSettings,
  importance: Float64Array,
  importanceFrom: number,
): RoundingGrid {
  const { bits, symmetric } = settings;
  const spanning = spanningGrid(values, from, to, settings);
  if (spanning.scale === 0) return spanning;
  const largest = 2 ** bits - 1;
  const step = (widest - narrowest) / (candidates - 1);
  const signs = symmetric && bits === 4 ? 2 : 1;
  let best = spanning;
  let mostExplained = 0;
  for (let candidate = 0; candidate < candidates * signs; candidate++) {
    const factor = widest - step * (candidate % candidates);
    const scale = candidate < candidates ? spanning.scale * factor : -spanning.scale * factor;
    const zero = symmetric
      ? spanning.zero
      : Math.min(largest, Math.max(settings.leastZero ?? 0, Math.round(spanning.zero / factor)));
    const inverse = 1 / scale;
    const shift = zero + 0.5;
    let product = 0;
    let square = 0;
    for (let i = from, k = importanceFrom; i < to; i++, k++) {
      const value = values[i]!;
      const code = (value * inverse + shift) | 0; // truncates towards zero; negative codes are clamped to 0 anyway
      const level = Math.min(largest, Math.max(0, code)) - zero;
      const weighted = importance[k]! * level;
      product += weighted * value;
      square += weighted * level;
    }
    // With the scale product / square, the error is Σ w x² − product² / square.
    if (product * product <= mostExplained * square) continue;
    const fitted = usableScale(product / square);
    if (fitted === 0) continue;
    mostExplained = (product * product) / square;
    best = { scale: fitted, zero };
  }
  return best;
}
