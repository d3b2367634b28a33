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

/** A group of matrices: the total number of weights and the total width of the inputs. */
interface Matrices {
  weights: number;
  inputs: number;
}

/** The work of one forward pass: the matrices by block type, and the element-wise operations between them. */
interface MatrixWork {
  layers: Map<BlockType, Matrices>;
  head: Matrices & { type: BlockType };
  /** Bytes of weights that a forward pass reads. */
  streamedBytes: number;
  /** FP32 values per token that element-wise operations between the matrices process. */
  valuesPerToken: number;
}

/**
 * The batch of one forward pass: all tokens, those that need logits (`outputs`), and the attended pairs of positions.
 */
export interface ForwardBatch {
  tokens: number;
  outputs: number;
  /** Sum over all tokens of the number of positions each attends to. */
  attendedPairs: number;
  /** Cached positions of all sequences; each is read once. */
  cachedTokens: number;
}

/** Precomputes the inputs of `forwardSeconds`, so that a simulation can call it a million times. */
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

/**
 * Values per token: both norms with their scales, both residual sums, rotated queries and keys, cached keys and values,
 * the gate.
 */
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
 * Seconds of one forward pass. For a machine known by its data sheet, from the roofline model (Williams et al. 2009):
 * each matrix takes the longer of its arithmetic and its memory transfer, the KV cache is read once per sequence, and
 * each pass has a fixed cost. For a measured machine, from the speeds of its kernels and the engine's measured
 * overheads.
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

/**
 * Operations per second of a measured kernel, interpolated linearly in tokens and in the logarithm of the working set.
 */
function kernelRate({ tokens, workingSets, flopsPerSecond }: KernelSpeed, count: number, workingSet: number): number {
  const bySet = flopsPerSecond.map((row) => interpolate(tokens, row, count));
  return interpolate(workingSets.map(Math.log), bySet, Math.log(workingSet));
}

/**
 * Rate of the fastest unit for a type; 4-bit weights are converted to 16 bits (8 on CPUs) before they are multiplied.
 */
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

/** Interpolates linearly between measured points; constant outside them. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  if (x <= xs[0]!) return ys[0]!;
  for (let index = 1; index < xs.length; index++) {
    if (x > xs[index]!) continue;
    const share = (x - xs[index - 1]!) / (xs[index]! - xs[index - 1]!);
    return ys[index - 1]! + share * (ys[index]! - ys[index - 1]!);
  }
  return ys.at(-1)!;
}

/** Seconds to prefill a prompt in chunks of `chunkTokens`, up to the first logits. */
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
 * llama.cpp computes attention over whole windows of this many cells. For a single sequence of two or more windows, the
 * windows are divided evenly among the threads, so the time is that of a thread whose cells are all in use. Otherwise
 * masked cells are skipped and cost nothing.
 */
const windowCells = 256;

/**
 * Seconds of one decode step: one new token for each of `sequences`, each with `contextTokens` cached tokens in its own
 * part of the cache.
 */
export function decodeStepSeconds(model: SpeedModel, sequences: number, contextTokens: number): number {
  const windows = Math.ceil(contextTokens / windowCells);
  const wholeWindows = model.machine.measured !== undefined && sequences === 1 && windows >= 2;
  const cells = wholeWindows ? windows * windowCells : contextTokens;
  return forwardSeconds(model, {
    tokens: sequences,
    outputs: sequences,
    attendedPairs: sequences * cells,
    cachedTokens: sequences * contextTokens,
  });
}
