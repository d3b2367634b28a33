import { throwIfAborted } from '../../errors/fts-error.ts';
import { type BlockGraph, blockGraph } from '../../model/architectures/block-graph.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import type { Graph } from '../../tensor/graph.ts';
import { graphPart } from '../../tensor/graph-part.ts';
import { Program } from '../../tensor/program.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { LinearWeight, nameInBlock } from './block-weights.ts';

/** Target number of tokens in a micro-batch. */
const microBatchTokens = 1024;

/** Linear layers that share their inputs: [query, key, value], [output], [gate, up], [down]. */
export interface Stage {
  /** Names in block 0. */
  weights: string[];
  /** The graph output that captures these inputs. */
  output: string;
  inputs: number;
  /** Columns of that output; columns from `inputs` on are padding. */
  columns: number;
}

/** The parameters of a block, by their names in block 0. */
export interface BlockParameters {
  layer: number;
  array(name: string): Float32Array;
}

/** The current parameters of a block in the model. */
export function parametersInModel({ arrays }: ModelParameters, layer: number): BlockParameters {
  return { layer, array: (name) => arrays.get(nameInBlock(name, layer))! };
}

/** Inputs or outputs of a pass, [tokens, columns], by the name of the block graph's output. */
type Values = Readonly<Record<string, Float32Array>>;

/** Runs calibration sequences through single blocks, or parts of them, micro-batch by micro-batch. */
export class BlockRunner {
  readonly stages: readonly Stage[];
  /** Tokens in a micro-batch. */
  readonly rows: number;
  readonly #config: ModelConfig;
  readonly #model: ModelParameters;
  readonly #shape: { batch: number; length: number };
  /** The graphs of blocks by what they compute: layers with a window differ from others. */
  readonly #graphs = new Map<string, BlockGraph>();
  /** Compiled parts of the block, by their outputs and inputs. */
  readonly #parts = new Map<string, { graph: Graph; program: Program }>();

  constructor(config: ModelConfig, model: ModelParameters, shape: { batch: number; length: number }) {
    this.rows = shape.batch * shape.length;
    this.#config = config;
    this.#model = model;
    this.#shape = shape;
    const stages = new Map<string, Stage>();
    const { graph } = this.#graphOf(0);
    for (const [weight, output] of graph.captures) {
      const columns = graph.captureShapes.get(output)![1];
      const { inputs } = new LinearWeight(model, weight);
      const stage = stages.get(output);
      if (stage === undefined) stages.set(output, { weights: [weight], output, inputs, columns });
      else stage.weights.push(weight);
    }
    this.stages = [...stages.values()];
  }

  /**
   * Prepares the computation of some outputs of a block and of nothing else. Inputs are `hidden` and any outputs that
   * are given instead of computed. Each input covers all calibration sequences, and each run takes its micro-batch of
   * it. The results are overwritten by the next run.
   */
  open(parameters: BlockParameters, outputs: readonly string[], inputs: Values): BlockPass {
    const given = Object.keys(inputs).filter((name) => name !== 'hidden');
    const block = this.#graphOf(parameters.layer);
    const { graph, program } = this.#part(block, outputs, given);
    const results = Object.fromEntries(
      [...graph.outputs].map(([name, { shape }]) => [name, new Float32Array(elementsOf(shape))]),
    );
    const nameOf = (name: string): string => (name === 'hidden' ? name : block.graph.graph.outputs.get(name)!.name);
    const taken = new Map(Object.keys(inputs).map((name) => [nameOf(name), inputs[name]!]));
    const buffers = new Map<string, Float32Array>();
    const arrays: Record<string, Float32Array> = {};
    for (const { name, shape } of graph.inputs) {
      if (taken.has(name)) buffers.set(name, new Float32Array(elementsOf(shape)));
      arrays[name] = buffers.get(name) ?? parameters.array(name);
    }
    const binding = program.bind(arrays, results);
    return {
      async run(batch, { signal }) {
        throwIfAborted(signal);
        for (const [name, buffer] of buffers) {
          buffer.set(taken.get(name)!.subarray(batch * buffer.length, (batch + 1) * buffer.length));
        }
        await binding.runAsync();
        return results;
      },
      close: () => binding.close(),
    };
  }

  /** The residual stream [tokens, width] after a block, computed from `hidden` before it. */
  async advance(parameters: BlockParameters, inputs: Values & { hidden: Float32Array }, work: Work) {
    const next = new Float32Array(inputs.hidden.length);
    const pass = this.open(parameters, ['next'], inputs);
    try {
      for (let at = 0, batch = 0; at < next.length; batch++) {
        const result = (await pass.run(batch, work)).next!;
        next.set(result, at);
        at += result.length;
      }
    } finally {
      pass.close();
    }
    return next;
  }

  close(): void {
    for (const { program } of this.#parts.values()) program.close();
  }

  #graphOf(layer: number): { kind: string; graph: BlockGraph } {
    const kind = JSON.stringify(familyOf(this.#config).graph.withFirstBlock?.(this.#config, layer));
    let graph = this.#graphs.get(kind);
    if (graph === undefined) {
      graph = blockGraph(this.#config, layer, this.#model.specs, this.#shape);
      this.#graphs.set(kind, graph);
    }
    return { kind, graph };
  }

  #part(
    block: { kind: string; graph: BlockGraph },
    outputs: readonly string[],
    given: readonly string[],
  ): { graph: Graph; program: Program } {
    const key = [block.kind, ...outputs, '<', ...given].join();
    let part = this.#parts.get(key);
    if (part === undefined) {
      const graph = graphPart(block.graph.graph, outputs, given);
      part = { graph, program: new Program(graph) };
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** A part of a block with all inputs and outputs bound. */
export interface BlockPass {
  run(batch: number, work: Work): Promise<Values>;
  close(): void;
}

/** The micro-batch for calibration sequences: as many sequences as make about 1,024 tokens, dividing their number. */
export function microBatch(sequences: number, length: number): { batch: number; length: number } {
  let batch = Math.max(1, Math.min(sequences, Math.floor(microBatchTokens / length)));
  while (sequences % batch !== 0) batch -= 1;
  return { batch, length };
}
