import { Graph, type Tensor } from '../../tensor/graph.ts';
import { familyOf } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';
import { ModelBuilder } from './model-builder.ts';
import type { ParameterSpec } from './parameter.ts';

/** One block of the network by itself. */
export interface BlockGraph {
  graph: Graph;
  /** Output that holds the inputs of each linear weight; weights with the same input share one. */
  captures: ReadonlyMap<string, string>;
  /** Shape [rows, in] of each such output. */
  captureShapes: ReadonlyMap<string, readonly [rows: number, inputs: number]>;
}

/**
 * One block alone: from the input `hidden` [batch · length, width] to the output `next` of the same shape, with the
 * inputs of its linear layers as further outputs. Its parameters are named as those of block 0, which are of the same
 * shapes in all blocks.
 */
export function blockGraph(
  model: ModelConfig,
  layer: number,
  parameters: readonly ParameterSpec[],
  { batch, length }: { batch: number; length: number },
): BlockGraph {
  const family = familyOf(model);
  const config = family.graph.withFirstBlock?.(model, layer) ?? model;
  const graph = new Graph();
  const hidden = graph.input('hidden', [batch * length, config.width]);
  const tokens = graph.input('tokens', [batch * length], { type: 'int32' });
  const builder = new ModelBuilder(
    graph,
    config,
    { batch, length, order: 'sequences', tokens },
    { parameters, parameterTensor: (spec) => graph.input(spec.name, spec.shape) },
  );
  graph.output('next', family.graph.block(builder, hidden, 0));
  graph.inputs.splice(graph.inputs.indexOf(tokens), 1); // a block sees no tokens
  const captures = new Map<string, string>();
  const captureShapes = new Map<string, readonly [number, number]>();
  const outputs = new Map<Tensor, string>();
  for (const [weight, tensor] of builder.linearInputs) {
    let output = outputs.get(tensor);
    if (output === undefined) {
      output = `input ${weight}`;
      outputs.set(tensor, output);
      graph.output(output, tensor);
      captureShapes.set(output, [tensor.shape[0]!, tensor.shape[1]!]);
    }
    captures.set(weight, output);
  }
  return { graph, captures, captureShapes };
}

/** From `tokens` [batch · length] to the residual stream `hidden` that enters the first block. */
export function embeddingGraph(
  config: ModelConfig,
  parameters: readonly ParameterSpec[],
  { batch, length }: { batch: number; length: number },
): Graph {
  const graph = new Graph();
  const tokens = graph.input('tokens', [batch * length], { type: 'int32' });
  const sequence = { batch, length, order: 'sequences', tokens } as const;
  const builder = new ModelBuilder(graph, config, sequence, {
    parameters,
    parameterTensor: (spec) => graph.input(spec.name, spec.shape),
  });
  graph.output('hidden', familyOf(config).graph.embed(builder));
  return graph;
}

/** From the residual stream `hidden` after the last block to `final`, what the output table is multiplied with. */
export function finishGraph(
  config: ModelConfig,
  parameters: readonly ParameterSpec[],
  { batch, length }: { batch: number; length: number },
): Graph {
  const graph = new Graph();
  const hidden = graph.input('hidden', [batch * length, config.width]);
  // A builder wants tokens; the end of the network sees none.
  const tokens = graph.input('tokens', [batch * length], { type: 'int32' });
  const sequence = { batch, length, order: 'sequences', tokens } as const;
  const builder = new ModelBuilder(graph, config, sequence, {
    parameters,
    parameterTensor: (spec) => graph.input(spec.name, spec.shape),
  });
  graph.output('final', familyOf(config).graph.finish(builder, hidden));
  graph.inputs.splice(graph.inputs.indexOf(tokens), 1);
  return graph;
}
