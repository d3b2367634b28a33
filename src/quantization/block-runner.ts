import { throwIfAborted } from '../errors/fts-error.ts';
import { type BlockGraph, blockGraph } from '../model/architectures/block-graph.ts';
import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters } from '../model/model-parameters.ts';
import type { Work } from '../runtime/progress.ts';
import type { Graph } from '../tensor/graph.ts';
import { graphPart } from '../tensor/graph-part.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import { Program } from '../tensor/program.ts';
import { elementsOf } from '../tensor/shape.ts';
import { LinearWeight, nameInBlock } from './block-weights.ts';

/** Tokens that go through a block at once. */
const microBatchTokens = 1024;

/** Linear layers that share their inputs: [query, key, value], [output], [gate, up], [down]. */
export interface Stage {
  /** Names in block 0. */
  weights: string[];
  /** The graph's output with those inputs. */
  output: string;
  inputs: number;
  /** Columns of that output: beyond `inputs` they are padding. */
  columns: number;
}

/** Runs the calibration sequences through one block at a time; the residual stream between blocks is kept here. */
export class BlockRunner {
  readonly stages: readonly Stage[];
  /** Residual stream [sequences · length, width] that enters the current block. */
  hidden: Float32Array;
  readonly #graph: BlockGraph;
  /** Compiled parts of the block by the outputs that they give. */
  readonly #parts = new Map<string, { graph: Graph; program: Program }>();
  readonly #model: ModelParameters;
  readonly #products: MatrixProducts;
  readonly #width: number;
  readonly #rows: number;
  readonly #batches: number;

  /** `hidden` is the embedded calibration text; its rows are whole micro-batches. */
  constructor(
    config: ModelConfig,
    model: ModelParameters,
    products: MatrixProducts,
    hidden: Float32Array,
    shape: { batch: number; length: number },
  ) {
    this.#model = model;
    this.#products = products;
    this.hidden = hidden;
    this.#width = config.width;
    this.#rows = shape.batch * shape.length;
    this.#batches = hidden.length / (this.#rows * config.width);
    this.#graph = blockGraph(config, model.specs, shape);
    const stages = new Map<string, Stage>();
    for (const [weight, output] of this.#graph.captures) {
      const columns = this.#graph.captureShapes.get(output)![1];
      const { inputs } = new LinearWeight(model, weight);
      const stage = stages.get(output);
      if (stage === undefined) stages.set(output, { weights: [weight], output, inputs, columns });
      else stage.weights.push(weight);
    }
    this.stages = [...stages.values()];
  }

  /** Σ x xᵀ [inputs, inputs] of the inputs of some stages, with the block's weights as they are now. */
  async grams(layer: number, stages: readonly Stage[], work: Work): Promise<Map<Stage, Float32Array>> {
    const sums = new Map(stages.map((stage) => [stage, new Float32Array(stage.columns ** 2)]));
    const spare = new Map(stages.map((stage) => [stage, new Float32Array(stage.columns ** 2)]));
    const outputs = stages.map(({ output }) => output);
    await this.#run(layer, work, outputs, (results) => {
      for (const stage of stages) {
        const x = results[stage.output]!;
        const [sum, next] = [sums.get(stage)!, spare.get(stage)!];
        const shape = { rows: stage.columns, inner: this.#rows, columns: stage.columns, transposeA: true };
        this.#products.multiply(x, x, shape, next, sum);
        sums.set(stage, next);
        spare.set(stage, sum);
      }
    });
    for (const [stage, sum] of sums) sums.set(stage, withoutPadding(sum, stage));
    return sums;
  }

  /** Moves the residual stream past the block, with its weights as they are now. */
  async advance(layer: number, work: Work): Promise<void> {
    const next = new Float32Array(this.hidden.length);
    await this.#run(layer, work, ['next'], (results, batch) => {
      next.set(results.next!, batch * this.#rows * this.#width);
    });
    this.hidden = next;
  }

  close(): void {
    for (const { program } of this.#parts.values()) program.close();
  }

  /** Computes some outputs of the block, and nothing that they do not need, for every micro-batch. */
  async #run(
    layer: number,
    work: Work,
    outputs: readonly string[],
    visit: (results: Readonly<Record<string, Float32Array>>, batch: number) => void,
  ): Promise<void> {
    const { graph, program } = this.#part(outputs);
    const elements = this.#rows * this.#width;
    const results = Object.fromEntries(
      [...graph.outputs].map(([name, { shape }]) => [name, new Float32Array(elementsOf(shape))]),
    );
    const hidden = new Float32Array(elements);
    const parameters = Object.fromEntries(
      graph.inputs
        .filter(({ name }) => name !== 'hidden')
        .map(({ name }) => [name, this.#model.arrays.get(nameInBlock(name, layer))!]),
    );
    const binding = program.bind({ ...parameters, hidden }, results);
    try {
      for (let batch = 0; batch < this.#batches; batch++) {
        throwIfAborted(work.signal);
        hidden.set(this.hidden.subarray(batch * elements, (batch + 1) * elements));
        await binding.runAsync();
        visit(results, batch);
      }
    } finally {
      binding.close();
    }
  }

  #part(outputs: readonly string[]): { graph: Graph; program: Program } {
    const key = outputs.join();
    let part = this.#parts.get(key);
    if (part === undefined) {
      const graph = graphPart(this.#graph.graph, outputs);
      part = { graph, program: new Program(graph) };
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** The first `inputs` rows and columns of a square matrix of `columns`. */
function withoutPadding(matrix: Float32Array<ArrayBuffer>, { inputs, columns }: Stage): Float32Array<ArrayBuffer> {
  if (inputs === columns) return matrix;
  const out = new Float32Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) out.set(matrix.subarray(i * columns, i * columns + inputs), i * inputs);
  return out;
}

/** How calibration sequences are cut into micro-batches: as many sequences at once as make about 1,024 tokens. */
export function microBatch(sequences: number, length: number): { batch: number; length: number } {
  let batch = Math.max(1, Math.min(sequences, Math.floor(microBatchTokens / length)));
  while (sequences % batch !== 0) batch -= 1;
  return { batch, length };
}
