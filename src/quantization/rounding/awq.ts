import { dequantizeMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import type { Stage } from '../blocks/block-runner.ts';
import { LinearWeight, nameInBlock } from '../blocks/block-weights.ts';
import { type RoundingSettings, roundToNearest } from './rounding-grid.ts';
import { rowChunks } from './row-chunks.ts';

/** Number of exponents that are tried; exponent 0 leaves the weights unscaled. */
const gridPoints = 10;
/** Scales are compared on about this many evenly spaced outputs of a stage, to save time. */
const comparedOutputs = 256;

/**
 * AWQ (arXiv:2306.00978): scales up the weights of inputs with large activations and folds the inverse scales into the
 * preceding operation, so that rounding these weights costs less. Changes the parameters of one block in place without
 * changing its function; rounding with clipping follows separately. `grams` are Σ x xᵀ of the stages' inputs and are
 * updated to those of the scaled inputs.
 */
export function scaleBlockForActivations(
  products: MatrixProducts,
  config: ModelConfig,
  model: ModelParameters,
  layer: number,
  grams: ReadonlyMap<Stage, Float32Array>,
  settings: RoundingSettings,
): void {
  // From the last stage to the first, because folding changes the weights of an earlier stage.
  for (const [stage, gram] of [...grams].reverse()) {
    const fold = foldTarget(config, model, stage, layer);
    if (fold === undefined) continue;
    const weights = stage.weights.map((name) => new LinearWeight(model, nameInBlock(name, layer)));
    const scales = bestScales(products, weights, gram, stage.inputs, settings, fold);
    if (scales === undefined) continue;
    for (const weight of weights) weight.write(timesColumns(weight.read(), scales));
    fold.divide(scales);
    for (let i = 0; i < stage.inputs; i++) {
      for (let j = 0; j < stage.inputs; j++) gram[i * stage.inputs + j]! /= scales[i]! * scales[j]!;
    }
  }
}

/** The operation before a stage, whose outputs can be divided by the scales. */
interface FoldTarget {
  /** Makes the scales of inputs equal that share one output of the operation (grouped-query attention). */
  tie(scales: Float64Array): void;
  divide(scales: Float64Array): void;
}

function foldTarget(config: ModelConfig, model: ModelParameters, stage: Stage, layer: number): FoldTarget | undefined {
  const [first] = stage.weights as [string];
  const folding = familyOf(config)
    .foldings(config)
    .find(({ weight }) => first.endsWith(`.0.${weight}`));
  if (folding === undefined) return undefined;
  const inBlock = (name: string): string => nameInBlock(first.slice(0, -folding.weight.length) + name, layer);
  if (folding.into === 'outputs') {
    const source = folding.shared === 'value heads' ? sharedValue(config) : (i: number) => i;
    return rows(model, inBlock(folding.module), source);
  }
  return {
    tie: () => {},
    divide: (scales) => {
      for (const name of folding.vectors) {
        const vector = model.arrays.get(inBlock(name));
        if (vector !== undefined) for (let i = 0; i < scales.length; i++) vector[i]! /= scales[i]!;
      }
    },
  };
}

/** Maps dimension i of the concatenated heads to the value output that it comes from. */
function sharedValue({ heads, kvHeads, headDim }: ModelConfig): (i: number) => number {
  const queriesPerValue = heads / kvHeads;
  return (i) => Math.floor(Math.floor(i / headDim) / queriesPerValue) * headDim + (i % headDim);
}

/** A linear layer as the fold target, whose output `source(i)` feeds input i. */
function rows(model: ModelParameters, module: string, source: (i: number) => number): FoldTarget {
  const weight = new LinearWeight(model, `${module}.weight`);
  const bias = model.arrays.get(`${module}.bias`);
  return {
    tie: (scales) => {
      const logs = new Float64Array(weight.outputs);
      const counts = new Float64Array(weight.outputs);
      for (let i = 0; i < scales.length; i++) {
        logs[source(i)]! += Math.log(scales[i]!);
        counts[source(i)]! += 1;
      }
      for (let i = 0; i < scales.length; i++) scales[i] = Math.exp(logs[source(i)]! / counts[source(i)]!);
    },
    divide: (scales) => {
      const values = weight.read();
      const done = new Uint8Array(weight.outputs);
      for (let i = 0; i < scales.length; i++) {
        const row = source(i);
        if (done[row] === 1) continue;
        done[row] = 1;
        for (let k = 0; k < weight.inputs; k++) values[row * weight.inputs + k]! /= scales[i]!;
        if (bias !== undefined) bias[row]! /= scales[i]!;
      }
      weight.write(values);
    },
  };
}

/** The scales with the least output error Σ |ΔW x|² = tr(ΔW H ΔWᵀ); undefined if unscaled weights are best. */
function bestScales(
  products: MatrixProducts,
  weights: readonly LinearWeight[],
  gram: Float32Array,
  inputs: number,
  settings: RoundingSettings,
  fold: FoldTarget,
): Float64Array | undefined {
  const outputs = weights.reduce((sum, weight) => sum + weight.outputs, 0);
  const values = someRows(weights, inputs, Math.ceil(outputs / comparedOutputs));
  const activation = Float64Array.from({ length: inputs }, (_, i) => Math.sqrt(gram[i * inputs + i]!));
  const magnitude = meanMagnitude(values, inputs, settings);
  let best: Float64Array | undefined;
  let bestError = Number.POSITIVE_INFINITY;
  for (const withWeights of [false, true]) {
    for (let point = withWeights ? 1 : 0; point < gridPoints; point++) {
      const exponent = point / gridPoints;
      const scales = Float64Array.from({ length: inputs }, (_, i) => {
        const weightPart = withWeights ? (magnitude[i]! + 1e-4) ** (1 - exponent) : 1;
        return Math.max(activation[i]! ** exponent / weightPart, 1e-4);
      });
      fold.tie(scales);
      normalize(scales);
      const error = outputError(products, values, scales, gram, settings, weights[0]!.name);
      if (error < bestError) {
        bestError = error;
        best = !withWeights && point === 0 ? undefined : scales;
      }
    }
  }
  return best;
}

/** Every `step`-th output of the weight matrices, [outputs, inputs]. */
function someRows(weights: readonly LinearWeight[], inputs: number, step: number): Float32Array {
  const rows: Float32Array[] = [];
  for (const weight of weights) {
    const values = weight.read();
    for (let row = 0; row < weight.outputs; row += step) rows.push(values.subarray(row * inputs, (row + 1) * inputs));
  }
  const out = new Float32Array(rows.length * inputs);
  for (const [row, values] of rows.entries()) out.set(values, row * inputs);
  return out;
}

/** For each input, the mean over the outputs of |w| divided by the largest |w| of its group. */
function meanMagnitude(values: Float32Array, inputs: number, { groupSize }: RoundingSettings): Float64Array {
  const sums = new Float64Array(inputs);
  const step = groupSize === 'channel' ? inputs : groupSize;
  for (let from = 0; from < values.length; from += step) {
    let largest = 1e-6;
    for (let i = from; i < from + step; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const firstInput = from % inputs;
    for (let i = 0; i < step; i++) sums[firstInput + i]! += Math.abs(values[from + i]!) / largest;
  }
  return sums.map((sum) => (sum * inputs) / values.length);
}

/** Divides by the geometric mean of the smallest and the largest scale, so that scales are centred around 1. */
function normalize(scales: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const scale of scales) {
    least = Math.min(least, scale);
    most = Math.max(most, scale);
  }
  const middle = Math.sqrt(least * most);
  for (let i = 0; i < scales.length; i++) scales[i]! /= middle;
}

function outputError(
  products: MatrixProducts,
  values: Float32Array,
  scales: Float64Array,
  gram: Float32Array,
  settings: RoundingSettings,
  name: string,
): number {
  const inputs = scales.length;
  const outputs = values.length / inputs;
  const difference = dequantizeMatrix(roundToNearest(timesColumns(values, scales), outputs, inputs, settings, name));
  for (let row = 0; row < values.length; row += inputs) {
    for (let i = 0; i < inputs; i++) difference[row + i] = difference[row + i]! / scales[i]! - values[row + i]!;
  }
  return quadraticError(products, difference, outputs, inputs, gram);
}

/** tr(D H Dᵀ): the squared output error caused by a weight difference D [outputs, inputs]. */
export function quadraticError(
  products: MatrixProducts,
  difference: Float32Array,
  outputs: number,
  inputs: number,
  gram: Float32Array,
): number {
  let sum = 0;
  for (const { from, to } of rowChunks(outputs, inputs)) {
    const rows = difference.subarray(from * inputs, to * inputs);
    const product = new Float32Array(rows.length);
    products.multiply(rows, gram, { rows: to - from, inner: inputs, columns: inputs }, product);
    for (let i = 0; i < rows.length; i++) sum += rows[i]! * product[i]!;
  }
  return sum;
}

function timesColumns(values: Float32Array, scales: Float64Array): Float32Array {
  const out = new Float32Array(values.length);
  const inputs = scales.length;
  for (let row = 0; row < values.length; row += inputs) {
    for (let i = 0; i < inputs; i++) out[row + i] = values[row + i]! * scales[i]!;
  }
  return out;
}
