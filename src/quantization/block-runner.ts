import { throwIfAborted } from '../errors/fts-error.ts';
import { type BlockGraph, blockGraph } from '../model/architectures/block-graph.ts';
import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters } from '../model/model-parameters.ts';
import type { Work } from '../runtime/progress.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import { Program } from '../tensor/program.ts';
import { nameInBlock } from './block-weights.ts';

/** Tokens that go through a block at once. */
const microBatchTokens = 1024;

/** Linear layers that share their inputs: [query, key, value], [output], [gate, up], [down]. */
export interface Stage {
  /** Names in block 0. */
  weights: string[];
  /** The graph's output with those inputs. */
  output: string;
  inputs: number;
}

/** Runs the calibration sequences through one block at a time; the residual stream between blocks is kept here. */
export class BlockRunner {
  readonly stages: readonly Stage[];
  /** Residual stream [sequences · length, width] that enters the current block. */
  hidden: Float32Array;
  readonly #graph: BlockGraph;
  readonly #program: Program;
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
    this.#program = new Program(this.#graph.graph);
    const stages = new Map<string, Stage>();
    for (const [weight, output] of this.#graph.captures) {
      const inputs = this.#graph.captureShapes.get(output)![1];
      const stage = stages.get(output);
      if (stage === undefined) stages.set(output, { weights: [weight], output, inputs });
      else stage.weights.push(weight);
    }
    this.stages = [...stages.values()];
  }

  /** Σ x xᵀ [inputs, inputs] of the inputs of some stages, with the block's weights as they are now. */
  async grams(layer: number, stages: readonly Stage[], work: Work): Promise<Map<Stage, Float32Array>> {
    const sums = new Map(stages.map((stage) => [stage, new Float32Array(stage.inputs ** 2)]));
    const spare = new Map(stages.map((stage) => [stage, new Float32Array(stage.inputs ** 2)]));
    await this.#run(layer, work, undefined, (captures) => {
      for (const stage of stages) {
        const x = captures.get(stage.output)!;
        const [sum, next] = [sums.get(stage)!, spare.get(stage)!];
        const shape = { rows: stage.inputs, inner: this.#rows, columns: stage.inputs, transposeA: true };
        this.#products.multiply(x, x, shape, next, sum);
        sums.set(stage, next);
        spare.set(stage, sum);
      }
    });
    return sums;
  }

  /** Moves the residual stream past the block, with its weights as they are now. */
  async advance(layer: number, work: Work): Promise<void> {
    const next = new Float32Array(this.hidden.length);
    await this.#run(layer, work, next);
    this.hidden = next;
  }

  close(): void {
    this.#program.close();
  }

  async #run(
    layer: number,
    work: Work,
    next: Float32Array | undefined,
    visit?: (captures: ReadonlyMap<string, Float32Array>) => void,
  ): Promise<void> {
    const captures = new Map(
      [...this.#graph.captureShapes].map(([output, [rows, inputs]]) => [output, new Float32Array(rows * inputs)]),
    );
    const elements = this.#rows * this.#width;
    const into = new Float32Array(elements);
    const from = new Float32Array(elements);
    const parameters = Object.fromEntries(
      this.#graph.graph.inputs
        .filter(({ name }) => name !== 'hidden')
        .map(({ name }) => [name, this.#model.arrays.get(nameInBlock(name, layer))!]),
    );
    const binding = this.#program.bind(
      { ...parameters, hidden: from },
      { next: into, ...Object.fromEntries(captures) },
    );
    try {
      for (let batch = 0; batch < this.#batches; batch++) {
        throwIfAborted(work.signal);
        from.set(this.hidden.subarray(batch * elements, (batch + 1) * elements));
        await binding.runAsync();
        visit?.(captures);
        next?.set(into, batch * elements);
      }
    } finally {
      binding.close();
    }
  }
}

/** How calibration sequences are cut into micro-batches: as many sequences at once as make about 1,024 tokens. */
export function microBatch(sequences: number, length: number): { batch: number; length: number } {
  let batch = Math.max(1, Math.min(sequences, Math.floor(microBatchTokens / length)));
  while (sequences % batch !== 0) batch -= 1;
  return { batch, length };
}
