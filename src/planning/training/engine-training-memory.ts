import { trainingGraph } from '../../model/architectures/training-graph.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelConfig, ModelShape } from '../../model/model-config.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/program.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { countParameters } from '../shapes/model-shape.ts';
import type { TrainingMemory } from './training-memory.ts';

/**
 * Size of ONNX Runtime's arena divided by the bytes alive at once, due to rounding and fragmentation. Measured on
 * models of 1 to 38 million parameters: 1.14 to 1.24.
 */
const arenaOverhead = 1.16;

/**
 * Bytes of a training process of this program's own engine, which computes in FP32 with AdamW: 16 per parameter, 4 more
 * with gradient accumulation, plus the activations, which include the logits.
 */
export function engineTrainingMemory(
  shape: ModelShape,
  batch: number,
  length: number,
  accumulation: number,
  runtimeBytes: number,
): TrainingMemory {
  const parameters = countParameters(shape).total;
  const weights = 4 * parameters;
  const gradients = 4 * parameters * (accumulation > 1 ? 2 : 1);
  const optimizer = 8 * parameters;
  const activations = engineActivationBytes(shape, batch, length);
  const total = weights + gradients + optimizer + activations + runtimeBytes;
  return { weights, gradients, optimizer, activations, logits: 0, runtime: runtimeBytes, total };
}

/**
 * Bytes of activations and their gradients in a training step of this program's own engine: the peak of the
 * intermediate tensors alive at once while the graph runs in order, times the arena's overhead.
 */
function engineActivationBytes(shape: ModelShape, batch: number, length: number): number {
  const config: ModelConfig = {
    normEpsilon: 1e-5,
    eosTokenIds: [],
    ...shape,
    contextLength: Math.max(shape.contextLength, length),
  };
  const specs = familyOf(config).parameters(config);
  return arenaOverhead * peakLiveBytes(trainingGraph(config, specs, { batch, length, packed: false }).graph);
}

/**
 * Counts intermediate tensors only, each alive from its kernel to its last reader; the caller owns inputs and outputs.
 */
function peakLiveBytes(graph: Graph): number {
  const { nodes, outputs } = lower(graph);
  const results = new Set(outputs.map((output) => output.name));
  const bytes = new Map<string, number>();
  for (const node of graph.nodes) {
    for (const tensor of node.outputs) {
      if (tensor !== undefined) bytes.set(tensor.name, elementsOf(tensor.shape) * (tensor.type === 'int64' ? 8 : 4));
    }
  }
  const lastReader = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    for (const name of [...node.inputs, ...node.outputs]) lastReader.set(name, index);
  }
  let live = 0;
  let peak = 0;
  for (const [index, node] of nodes.entries()) {
    for (const name of node.outputs) if (!results.has(name)) live += bytes.get(name) ?? 0;
    peak = Math.max(peak, live);
    for (const name of new Set([...node.inputs, ...node.outputs])) {
      if (lastReader.get(name) === index && !results.has(name)) live -= bytes.get(name) ?? 0;
    }
  }
  return peak;
}
