import { byteLengthOf } from '../runtime/onnxruntime/element-type.ts';
import type { Graph, Tensor } from './graph.ts';
import { elementsOf } from './shape.ts';

/**
 * Peak bytes of intermediate values alive at once when the graph runs in the order of its nodes: the memory of a
 * training step in addition to weights, gradients and moments. Reshapes share their input's memory.
 */
export function peakActivationBytes(graph: Graph): number {
  const owner = new Map<Tensor, Tensor>();
  const ownerOf = (tensor: Tensor): Tensor => owner.get(tensor) ?? tensor;
  const external = new Set<Tensor>([...graph.inputs, ...graph.constants.map(({ tensor }) => tensor)]);
  for (const output of graph.outputs.values()) external.add(output);
  const lastUse = new Map<Tensor, number>();
  for (const [index, { operator, inputs, outputs }] of graph.nodes.entries()) {
    if (operator === 'Reshape') owner.set(outputs[0]!, ownerOf(inputs[0]!));
    for (const tensor of [...inputs, ...outputs]) if (tensor !== undefined) lastUse.set(ownerOf(tensor), index);
  }
  const bytes = (tensor: Tensor): number =>
    external.has(tensor) ? 0 : byteLengthOf(tensor.type, elementsOf(tensor.shape));
  const ending = new Map<number, Tensor[]>();
  for (const [tensor, index] of lastUse) ending.set(index, [...(ending.get(index) ?? []), tensor]);
  let live = 0;
  let peak = 0;
  for (const [index, { operator, outputs }] of graph.nodes.entries()) {
    if (operator !== 'Reshape') for (const output of outputs) if (output !== undefined) live += bytes(output);
    peak = Math.max(peak, live);
    for (const tensor of ending.get(index) ?? []) live -= bytes(tensor);
  }
  return peak;
}
