import { Graph, type GraphNode, type Tensor } from './graph.ts';

/**
 * The part of a graph that computes the named outputs, such as one stage of a network. Outputs in `given` are not
 * computed but become inputs of the part, under the names of their tensors.
 */
export function graphPart(graph: Graph, outputs: readonly string[], given: readonly string[] = []): Graph {
  const part = new Graph();
  const wanted = new Set<Tensor | undefined>();
  for (const name of outputs) {
    const tensor = graph.outputs.get(name)!;
    part.outputs.set(name, tensor);
    wanted.add(tensor);
  }
  const givenTensors = new Set(given.map((name) => graph.outputs.get(name)!));
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    const isNeeded = (output: Tensor | undefined): boolean =>
      output !== undefined && wanted.has(output) && !givenTensors.has(output);
    if (!node.outputs.some(isNeeded)) continue;
    nodes.push(node);
    for (const input of node.inputs) wanted.add(input);
  }
  part.nodes.push(...nodes.toReversed());
  part.inputs.push(...graph.inputs.filter((input) => wanted.has(input)), ...givenTensors);
  part.constants.push(...graph.constants.filter(({ tensor }) => wanted.has(tensor)));
  return part;
}
