import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import {
  type BlockParameters,
  type BlockPass,
  type BlockRunner,
  parametersInModel,
  type Stage,
} from '../blocks/block-runner.ts';
import { blockOf, type LinearWeight, nameInBlock } from '../blocks/block-weights.ts';
import { SummedProduct } from './summed-product.ts';

/** Number of micro-batches on which AWQ's scales are chosen. */
const sampledBatches = 8;

/** Attention outputs with more values than this are recomputed instead of kept, to save memory. */
const keptValues = 2 ** 24;

/** Statistics of a stage's inputs, used for rounding its weights. */
export interface StageInputs {
  /** Σ x xᵀ [inputs, inputs] of the inputs x in the quantized model. */
  gram: Float32Array;
  /**
   * Σ d xᵀ [outputs, inputs] for a weight of the stage. d is the original model's output minus the quantized model's
   * output with the weight still unrounded; for outputs added to the residual stream, the difference of the streams.
   */
  errorProduct(weight: LinearWeight): Float32Array;
}

/** Values of all tokens of the calibration text at the current block. */
interface Stream {
  /** The residual stream that enters the block. */
  hidden: Float32Array;
  /** The attention output in this block, once it has been computed and if it is not too large to keep. */
  attended?: Float32Array;
}

/**
 * The calibration text at the boundary of two blocks, in the quantized model and in the original model, whose outputs
 * are the target (the asymmetric calibration of GPTAQ, arXiv:2504.02692, extended to the residual stream). Peak memory:
 * a few residual streams and the parameters of one block.
 */
export class CalibrationStreams {
  readonly #model: ModelParameters;
  readonly #runner: BlockRunner;
  readonly #products: MatrixProducts;
  readonly #width: number;
  /** Whether the two output layers of a block add to the residual stream as they are, without a norm or a factor. */
  readonly #addsOutputs: boolean;
  readonly #batches: number;
  #quantized: Stream;
  #original: Stream;
  /** The block's original parameters. */
  #before: ReadonlyMap<string, Float32Array> = new Map();
  /**
   * The original parameters with AWQ's scales applied: the same function, but with activations in the quantized scales.
   */
  #rescaled: ReadonlyMap<string, Float32Array> = new Map();
  /** The original model's residual stream after the block, once it has been computed. */
  #originalNext: Float32Array | undefined;

  /** `hidden` and `original` are the embedded text, whole micro-batches of `runner`. */
  constructor(
    model: ModelParameters,
    runner: BlockRunner,
    products: MatrixProducts,
    { hidden, original, config }: { hidden: Float32Array; original: Float32Array; config: ModelConfig },
  ) {
    this.#model = model;
    this.#runner = runner;
    this.#products = products;
    this.#width = config.width;
    this.#addsOutputs = config.norms === undefined && config.residualScale === undefined;
    this.#batches = hidden.length / (runner.rows * config.width);
    this.#quantized = { hidden };
    this.#original = { hidden: original };
  }

  get stages(): readonly Stage[] {
    return this.#runner.stages;
  }

  /** Copies the block's parameters before they are changed. */
  enter(layer: number): void {
    this.#before = this.#copyOf(layer);
    this.#rescaled = this.#before;
  }

  /** To be called after scales were moved between the block's parameters without changing its function. */
  rescaled(layer: number): void {
    this.#rescaled = this.#copyOf(layer);
  }

  /** Σ x xᵀ of the inputs of all stages on a sample of the text, with the block's current weights. */
  async sampleGrams(layer: number, work: Work): Promise<Map<Stage, Float32Array>> {
    const sums = this.stages.map((stage) => ({
      stage,
      sum: new SummedProduct(this.#products, stage.columns, stage.columns),
    }));
    const outputs = this.stages.map(({ output }) => output);
    const pass = this.#runner.open(parametersInModel(this.#model, layer), outputs, { hidden: this.#quantized.hidden });
    try {
      const step = Math.ceil(this.#batches / sampledBatches);
      for (let batch = 0; batch < this.#batches; batch += step) {
        const results = await pass.run(batch, work);
        for (const { stage, sum } of sums) sum.add(results[stage.output]!, results[stage.output]!);
      }
    } finally {
      pass.close();
    }
    return new Map(sums.map(({ stage, sum }) => [stage, sum.result(stage.inputs, stage.inputs)]));
  }

  /** Runs both models up to a stage whose weights are not rounded yet. Stages must be observed in order. */
  async observe(layer: number, stage: Stage, work: Work): Promise<StageInputs> {
    const { inputs, columns } = stage;
    const role = this.#roleOf(stage);
    const outputs = role === 'block output' ? [stage.output, 'next'] : [stage.output];
    const ours = this.#open(parametersInModel(this.#model, layer), outputs, this.#quantized);
    const theirs = this.#open({ layer, array: (name) => this.#rescaled.get(name)! }, outputs, this.#original);
    const elements = this.#runner.rows * this.#width;
    const gram = new SummedProduct(this.#products, columns, columns);
    // The differences of the inputs, and of the residual streams before the attention output or after the block.
    const correctsStream = role !== 'inner' && this.#addsOutputs;
    const inner =
      role === 'block output' && correctsStream ? undefined : new SummedProduct(this.#products, columns, columns);
    const residual = !correctsStream ? undefined : new SummedProduct(this.#products, this.#width, columns);
    const attended = role === 'attention output' ? this.#keepAttended(columns) : undefined;
    const next = role === 'block output' && this.#rescaled === this.#before ? this.#keepNext() : undefined;
    try {
      for (let batch = 0; batch < this.#batches; batch++) {
        const [our, their] = [await ours.run(batch, work), await theirs.run(batch, work)];
        const [x, original] = [our[stage.output]!, their[stage.output]!];
        attended?.[0].set(x, batch * x.length);
        attended?.[1].set(original, batch * x.length);
        next?.set(their.next!, batch * elements);
        gram.add(x, x);
        inner?.add(difference(original, x), x);
        if (residual === undefined) continue;
        if (role === 'attention output') {
          const [from, to] = [batch * elements, (batch + 1) * elements];
          const before = this.#original.hidden.subarray(from, to);
          residual.add(difference(before, this.#quantized.hidden.subarray(from, to)), x);
        } else {
          residual.add(difference(their.next!, our.next!), x);
        }
      }
    } finally {
      ours.close();
      theirs.close();
    }
    const innerError = inner?.result(inputs, inputs);
    const residualError = residual?.result(this.#width, inputs);
    const errorProduct = (weight: LinearWeight): Float32Array => {
      if (innerError === undefined) return residualError!;
      const out = new Float32Array(weight.outputs * inputs);
      const shape = { rows: weight.outputs, inner: inputs, columns: inputs };
      this.#products.multiply(weight.read(), innerError, shape, out, residualError);
      return out;
    };
    return { gram: gram.result(inputs, inputs), errorProduct };
  }

  /** Moves both streams past the block. */
  async advance(layer: number, work: Work): Promise<void> {
    const runner = this.#runner;
    const hidden = await runner.advance(parametersInModel(this.#model, layer), this.#known(this.#quantized), work);
    // A kept attention output has AWQ's scales, so the original parameters cannot continue from it.
    const { hidden: before } = this.#original;
    const original =
      this.#originalNext ??
      (await runner.advance({ layer, array: (name) => this.#before.get(name)! }, { hidden: before }, work));
    this.#quantized = { hidden };
    this.#original = { hidden: original };
    this.#originalNext = undefined;
  }

  /** The stage after attention is the first that writes to the residual stream; the last stage ends the block. */
  #roleOf(stage: Stage): 'inner' | 'attention output' | 'block output' {
    const index = this.stages.indexOf(stage);
    if (index === this.stages.length - 1) return 'block output';
    return index === 1 ? 'attention output' : 'inner';
  }

  #keepAttended(columns: number): readonly [Float32Array, Float32Array] | undefined {
    const values = this.#batches * this.#runner.rows * columns;
    if (values > keptValues) return undefined;
    this.#quantized.attended = new Float32Array(values);
    this.#original.attended = new Float32Array(values);
    return [this.#quantized.attended, this.#original.attended];
  }

  #keepNext(): Float32Array {
    this.#originalNext = new Float32Array(this.#original.hidden.length);
    return this.#originalNext;
  }

  #open(parameters: BlockParameters, outputs: readonly string[], stream: Stream): BlockPass {
    return this.#runner.open(parameters, outputs, this.#known(stream));
  }

  #known({ hidden, attended }: Stream): { hidden: Float32Array } {
    return attended === undefined ? { hidden } : { hidden, [this.stages[1]!.output]: attended };
  }

  #copyOf(layer: number): Map<string, Float32Array> {
    const { specs, arrays } = this.#model;
    const names = specs.map(({ name }) => name).filter((name) => blockOf(name) === 0);
    return new Map(names.map((name) => [name, arrays.get(nameInBlock(name, layer))!.slice()]));
  }
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
  return out;
}
