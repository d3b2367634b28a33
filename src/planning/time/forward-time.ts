import type { ModelShape } from '../../model/model-config.ts';
import {
  type Arithmetic,
  efficiencyOf,
  type KernelSpeed,
  type Machine,
  stepOverheadSeconds,
} from '../machines/machine.ts';
import { type CacheType, cacheBytesPerToken } from '../serving/inference-memory.ts';
import { parameterTensors } from '../shapes/model-shape.ts';
import {
  type BlockType,
  bitsPerWeight,
  blockTypeOf,
  type WeightFormat,
  weightBytes,
} from '../shapes/weight-formats.ts';
import { attentionFlopsPerPair } from './compute.ts';

/** Weights of some matrices, and the widths of their inputs, all together. */
interface Matrices {
  weights: number;
  inputs: number;
}

/** The matrices of a model by block type: what one forward pass multiplies, and what lies between. */
interface MatrixWork {
  layers: Map<BlockType, Matrices>;
  head: Matrices & { type: BlockType };
  /** Bytes of weights that a forward pass reads. */
  streamedBytes: number;
  /** FP32 values that pass an operation between the matrices, for each token. */
  valuesPerToken: number;
}

/** One forward pass's batch: tokens in all, how many of them need logits, and the pairs of positions attended. */
export interface ForwardBatch {
  tokens: number;
  outputs: number;
  /** Σ over tokens of the positions that token attends to. */
  attendedPairs: number;
  /** Cached positions that are read once, over all sequences. */
  cachedTokens: number;
}

/** Precomputes what `forwardSeconds` needs, so that a simulation may call it a million times. */
function matrixWork(shape: ModelShape, format: WeightFormat): MatrixWork {
  const layers = new Map<BlockType, Matrices>();
  let head = { type: 'F32' as BlockType, weights: 0, inputs: 0 };
  for (const tensor of parameterTensors(shape)) {
    if (tensor.role === 'norm' || tensor.role === 'bias' || tensor.role === 'position-embedding') continue;
    const type = blockTypeOf(format, tensor, shape);
    const weights = tensor.rows * tensor.columns;
    if (tensor.role === 'output-head' || (tensor.role === 'token-embedding' && shape.tiedEmbeddings)) {
      head = { type, weights, inputs: tensor.columns };
    } else if (tensor.layer !== null) {
      const known = layers.get(type) ?? { weights: 0, inputs: 0 };
      layers.set(type, { weights: known.weights + weights, inputs: known.inputs + tensor.columns });
    }
  }
  return { layers, head, streamedBytes: weightBytes(shape, format).streamed, valuesPerToken: valuesPerToken(shape) };
}

/** Both norms with their scales and both residual sums, rotated queries and keys, the cached pair, the gate. */
function valuesPerToken({ layers, width, heads, kvHeads, headDim, ffnWidth }: ModelShape): number {
  return layers * (6 * width + heads * headDim + 3 * kvHeads * headDim + ffnWidth);
}

export interface SpeedModel {
  shape: ModelShape;
  work: MatrixWork;
  machine: Machine;
  /** Devices that share the work by tensor parallelism. */
  devices: number;
  cacheType: CacheType;
  cacheBytesPerToken: number;
}

export function speedModel(
  shape: ModelShape,
  format: WeightFormat,
  cacheType: CacheType,
  machine: Machine,
  devices = 1,
): SpeedModel {
  return {
    shape,
    work: matrixWork(shape, format),
    machine,
    devices,
    cacheType,
    cacheBytesPerToken: cacheBytesPerToken(shape, cacheType),
  };
}

/**
 * Seconds of one forward pass. From a data sheet, by the roofline model (Williams et al. 2009): every matrix takes the
 * longer of its arithmetic and its transfer; the KV cache is read once per sequence; then a fixed cost per pass. On a
 * measured machine, from its kernels' speeds and what the engine was seen to spend around them.
 */
export function forwardSeconds(model: SpeedModel, batch: ForwardBatch): number {
  const { machine, work, devices } = model;
  let seconds = 0;
  for (const [type, matrices] of work.layers) seconds += matrixSeconds(model, type, matrices, batch.tokens);
  if (batch.outputs > 0) seconds += matrixSeconds(model, work.head.type, work.head, batch.outputs);
  const attention = attentionFlopsPerPair(model.shape) * batch.attendedPairs;
  const cacheBytes = model.cacheBytesPerToken * batch.cachedTokens;
  const { measured } = machine;
  if (measured === undefined) {
    const { decode, prefill } = efficiencyOf(machine);
    seconds += Math.max(
      attention / (arithmeticRate(machine, 'F16') * prefill),
      cacheBytes / (machine.bandwidthBytesPerSecond * decode),
    );
    return seconds / devices + stepOverheadSeconds(machine);
  }
  const rowBytes = model.cacheBytesPerToken / (2 * model.shape.layers);
  seconds += attention / interpolate(measured.attention.tokens, measured.attention.flopsPerSecond, batch.tokens);
  seconds += cacheBytes * interpolate(measured.coldCache.rowBytes, measured.coldCache.secondsPerByte, rowBytes);
  const between =
    measured.valueSeconds * work.valuesPerToken * batch.tokens + measured.layerSeconds * model.shape.layers;
  return seconds + between + measured.passSeconds + measured.logitSeconds * model.shape.vocabSize * batch.outputs;
}

/** Seconds to multiply matrices of a block type by `tokens` rows. */
function matrixSeconds(
  { machine, work }: SpeedModel,
  type: BlockType,
  { weights, inputs }: Matrices,
  tokens: number,
): number {
  const flops = 2 * weights * tokens;
  const kernel = machine.measured?.kernels[type];
  if (kernel !== undefined) {
    return flops / kernelRate(kernel, tokens, work.streamedBytes) + inputs * tokens * kernel.inputSeconds;
  }
  const { decode, prefill } = efficiencyOf(machine);
  const transfer = (weights * bitsPerWeight(type)) / 8 / (machine.bandwidthBytesPerSecond * decode);
  return Math.max(flops / (arithmeticRate(machine, type) * prefill), transfer);
}

/** Operations per second of a measured kernel: linear in tokens, and in the logarithm of the working set. */
function kernelRate({ tokens, workingSets, flopsPerSecond }: KernelSpeed, count: number, workingSet: number): number {
  const bySet = flopsPerSecond.map((row) => interpolate(tokens, row, count));
  return interpolate(workingSets.map(Math.log), bySet, Math.log(workingSet));
}

/** The fastest unit that takes this type: weights in 4 bits are widened to 16 (or 8 on CPUs) before they multiply. */
export function arithmeticRate(machine: Machine, type: BlockType): number {
  const preference: Arithmetic[] =
    type === 'F32'
      ? ['tf32', 'fp32']
      : type === 'F8'
        ? ['fp8', 'bf16', 'fp16', 'fp32']
        : type === 'INT8' || ((machine.kind === 'cpu' || machine.kind === 'board') && type.startsWith('Q'))
          ? ['int8', 'bf16', 'fp16', 'fp32']
          : ['bf16', 'fp16', 'fp32'];
  for (const arithmetic of preference) {
    const rate = machine.flops[arithmetic];
    if (rate !== undefined) return rate;
  }
  return Math.max(...Object.values(machine.flops));
}

/** Linear between measured points, flat outside. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  if (x <= xs[0]!) return ys[0]!;
  for (let index = 1; index < xs.length; index++) {
    if (x > xs[index]!) continue;
    const share = (x - xs[index - 1]!) / (xs[index]! - xs[index - 1]!);
    return ys[index - 1]! + share * (ys[index]! - ys[index - 1]!);
  }
  return ys.at(-1)!;
}

/** Seconds from the first prompt token in to the first logits out, in chunks of `chunkTokens`. */
export function prefillSeconds(model: SpeedModel, promptTokens: number, chunkTokens: number): number {
  let seconds = 0;
  for (let past = 0; past < promptTokens; past += chunkTokens) {
    const tokens = Math.min(chunkTokens, promptTokens - past);
    const last = past + tokens >= promptTokens;
    seconds += forwardSeconds(model, {
      tokens,
      outputs: last ? 1 : 0,
      attendedPairs: tokens * past + (tokens * (tokens + 1)) / 2,
      cachedTokens: past,
    });
  }
  return seconds;
}

/**
 * llama.cpp attends over whole windows of so many cells. One sequence alone has windows of two and more divided evenly
 * among the threads, so that a thread without masked cells decides how long it takes; else masked cells are passed over.
 */
const windowCells = 256;

/**
 * Seconds of one decode step: one new token for each of `sequences`, each with `contextTokens` behind it in a part of the
 * cache of its own.
 */
export function decodeStepSeconds(model: SpeedModel, sequences: number, contextTokens: number): number {
  const windows = Math.ceil(contextTokens / windowCells);
  const divides = model.machine.measured !== undefined && sequences === 1 && windows >= 2;
  const cells = divides ? windows * windowCells : contextTokens;
  return forwardSeconds(model, {
    tokens: sequences,
    outputs: sequences,
    attendedPairs: sequences * cells,
    cachedTokens: sequences * contextTokens,
  });
}
