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

/** Micro-batches that are enough to choose scales by. */
const sampledBatches = 8;

/** Most values of what attention gave that are kept: more are computed again, to spare memory. */
const keptValues = 2 ** 24;

/** What rounding the weights of a stage wants to know. */
export interface StageInputs {
  /** Σ x xᵀ [inputs, inputs] of the inputs x that the quantized model gives. */
  gram: Float32Array;
  /**
   * Σ d xᵀ [outputs, inputs] for a weight of the stage: d is what its outputs, with the weight as it is, lack of the
   * original model's; where they are added to the residual stream, what that lacks.
   */
  lack(weight: LinearWeight): Float32Array;
}

/** The calibration text on its way through the blocks: values of all its tokens. */
interface Stream {
  /** The residual stream that enters the block. */
  hidden: Float32Array;
  /** What attention gave in this block, once it is known and where it is not too much. */
  attended?: Float32Array;
}

/**
 * The calibration text between two blocks, twice: as the quantized model computes it and as the original does, at which
 * quantizing aims (the asymmetric calibration of GPTAQ, arXiv:2504.02692, and of the residual stream as well). Peak
 * memory: a few residual streams and the parameters of one block.
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
  /** The block's parameters as they were. */
  #before: ReadonlyMap<string, Float32Array> = new Map();
  /** Parameters that compute the same, in the scales that the quantized block has. */
  #rescaled: ReadonlyMap<string, Float32Array> = new Map();
  /** The original's residual stream behind the block, once it is known. */
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

  /** Keeps the block's parameters, before anything changes them. */
  enter(layer: number): void {
    this.#before = this.#copyOf(layer);
    this.#rescaled = this.#before;
  }

  /** Says that scales have moved between the block's parameters: it still computes what it did. */
  rescaled(layer: number): void {
    this.#rescaled = this.#copyOf(layer);
  }

  /** Σ x xᵀ of the inputs of all stages on some of the text, with the block's weights as they are now. */
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

  /** Runs both models up to a stage, whose weights are still the original's. Stages are observed in their order. */
  async observe(layer: number, stage: Stage, work: Work): Promise<StageInputs> {
    const { inputs, columns } = stage;
    const role = this.#roleOf(stage);
    const outputs = role === 'block output' ? [stage.output, 'next'] : [stage.output];
    const ours = this.#open(parametersInModel(this.#model, layer), outputs, this.#quantized);
    const theirs = this.#open({ layer, array: (name) => this.#rescaled.get(name)! }, outputs, this.#original);
    const elements = this.#runner.rows * this.#width;
    const gram = new SummedProduct(this.#products, columns, columns);
    // What the inputs lack, and what the residual stream lacks: before the stage, or with what it adds.
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
    const innerLack = inner?.result(inputs, inputs);
    const residualLack = residual?.result(this.#width, inputs);
    const lack = (weight: LinearWeight): Float32Array => {
      if (innerLack === undefined) return residualLack!;
      const out = new Float32Array(weight.outputs * inputs);
      const shape = { rows: weight.outputs, inner: inputs, columns: inputs };
      this.#products.multiply(weight.read(), innerLack, shape, out, residualLack);
      return out;
    };
    return { gram: gram.result(inputs, inputs), lack };
  }

  /** Moves both streams past the block. */
  async advance(layer: number, work: Work): Promise<void> {
    const runner = this.#runner;
    const hidden = await runner.advance(parametersInModel(this.#model, layer), this.#known(this.#quantized), work);
    // What attention gave is in other scales where they moved.
    const { hidden: before } = this.#original;
    const original =
      this.#originalNext ??
      (await runner.advance({ layer, array: (name) => this.#before.get(name)! }, { hidden: before }, work));
    this.#quantized = { hidden };
    this.#original = { hidden: original };
    this.#originalNext = undefined;
  }

  /** The first stage that writes to the residual stream follows attention, the last one ends the block. */
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
