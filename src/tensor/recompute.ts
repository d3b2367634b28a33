import type { Graph, GraphNode, Tensor } from './graph.ts';
import { elementsOf } from './shape.ts';

/**
 * A boundary between segments of the forward part: the number of nodes before it, and the one tensor that crosses it.
 */
export interface SegmentBoundary {
  node: number;
  tensor: Tensor;
}

/**
 * Activation checkpointing (arXiv:1604.06174) as a transformation of a graph with its backward part: values inside a
 * segment that the backward part reads are recomputed from the segment's input, so that only the tensors at the
 * boundaries stay in memory between the forward and the backward pass. `forwardNodes` is the index of the first
 * backward node.
 *
 * The recomputation must not run early, so each segment's input is made to depend on an earlier value of the backward
 * part.
 */
export function recomputeActivations(graph: Graph, boundaries: readonly SegmentBoundary[], forwardNodes: number): void {
  const forward = graph.nodes.slice(0, forwardNodes);
  const backward = graph.nodes.slice(forwardNodes);
  const before = new Map<GraphNode, GraphNode[]>();
  for (const [index, { node: start, tensor: input }] of boundaries.entries()) {
    const end = boundaries[index + 1]?.node;
    if (end === undefined) break; // the backward part reads the last segment immediately
    const segment = forward.slice(start, end);
    const inside = new Set(segment.flatMap((node) => node.outputs));
    inside.delete(boundaries[index + 1]!.tensor);
    const readers = backward.filter((node) => node.inputs.some((tensor) => tensor !== undefined && inside.has(tensor)));
    const first = readers[0];
    const trigger = first && adjointBefore(backward, backward.indexOf(first));
    if (first === undefined || trigger === undefined) continue;
    const copies = copySegment(graph, segment, needed(segment, readers, inside), input, trigger);
    for (const reader of readers) {
      reader.inputs = reader.inputs.map((tensor) => (tensor && copies.tensors.get(tensor)) ?? tensor);
    }
    before.set(first, copies.nodes);
  }
  graph.nodes.splice(
    0,
    graph.nodes.length,
    ...forward,
    ...backward.flatMap((node) => [...(before.get(node) ?? []), node]),
  );
}

/** The last value of the backward part computed before node `end` and read by that node or later ones. */
function adjointBefore(backward: readonly GraphNode[], end: number): Tensor | undefined {
  const readLater = new Set(backward.slice(end).flatMap((node) => node.inputs));
  for (const { outputs } of backward.slice(0, end).toReversed()) {
    const found = outputs.find((output) => output !== undefined && readLater.has(output));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The nodes of a segment that its readers depend on. */
function needed(
  segment: readonly GraphNode[],
  readers: readonly GraphNode[],
  inside: ReadonlySet<Tensor | undefined>,
): Set<GraphNode> {
  const wanted = new Set(readers.flatMap((node) => node.inputs).filter((tensor) => inside.has(tensor)));
  const nodes = new Set<GraphNode>();
  for (const node of segment.toReversed()) {
    if (!node.outputs.some((output) => output !== undefined && wanted.has(output))) continue;
    nodes.add(node);
    for (const input of node.inputs) wanted.add(input);
  }
  return nodes;
}

function copySegment(
  graph: Graph,
  segment: readonly GraphNode[],
  wanted: ReadonlySet<GraphNode>,
  input: Tensor,
  trigger: Tensor,
): { nodes: GraphNode[]; tensors: Map<Tensor, Tensor> } {
  const start = graph.nodes.length;
  const tensors = new Map<Tensor, Tensor>([[input, tied(graph, input, trigger)]]);
  for (const node of segment) {
    if (!wanted.has(node)) continue;
    const { operator, domain, attributes } = node;
    const inputs = node.inputs.map((tensor) => (tensor && tensors.get(tensor)) ?? tensor);
    const results = graph.emitMany(operator, inputs, node.outputs, { attributes, domain });
    for (const [index, output] of node.outputs.entries()) if (output) tensors.set(output, results[index]!);
  }
  tensors.delete(input); // the boundary tensor itself stays in memory, so its readers need no copy
  return { nodes: graph.nodes.splice(start), tensors };
}

/** x + 0 · (one element of the trigger): equals x, but is computed only after the trigger. */
function tied(graph: Graph, x: Tensor, trigger: Tensor): Tensor {
  const flat = graph.emit('Reshape', [trigger, graph.indices([-1])], [elementsOf(trigger.shape)]);
  const one = graph.emit('Slice', [flat, graph.indices([0]), graph.indices([1]), graph.indices([0])], [1]);
  return graph.emit('Add', [x, graph.emit('Mul', [one, graph.scalar(0)], [1])], x.shape);
}
