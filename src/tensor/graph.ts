import { FtsError } from '../errors/fts-error.ts';
import type { ElementType, TensorData } from '../runtime/onnxruntime/element-type.ts';
import type { AttributeValue } from '../runtime/onnxruntime/model-encoder.ts';
import { elementsOf, type Shape } from './shape.ts';

/** A value in a graph: what it is, not the numbers. */
export interface Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
  /** Whether a trainable input is upstream, so that derivative rules know what they may leave out. */
  readonly trainable: boolean;
}

/** One kernel call. */
export interface GraphNode {
  operator: string;
  domain: '' | 'com.microsoft';
  inputs: readonly (Tensor | undefined)[];
  outputs: readonly (Tensor | undefined)[];
  attributes: Readonly<Record<string, AttributeValue>>;
}

/** The part of a gradient that touches some rows of a table: row `ids[i]` gets `rows[i]` added. */
export interface RowGradient {
  ids: Tensor;
  rows: Tensor;
}

/** A gradient given as values [.., width] and what each row is multiplied with [.., 1], to be added in one pass. */
export interface ScaledRows {
  values: Tensor;
  factors: Tensor;
}

export type Adjoint = Tensor | ScaledRows | RowGradient;

/**
 * The derivative of an operation: from the adjoint of its output to those of its inputs, in their order. Each is made
 * on demand, so that nothing is computed for an input that does not train.
 */
export type DerivativeRule = (adjoint: Tensor) => readonly (() => Adjoint | readonly Adjoint[])[];

export interface TapeEntry {
  output: Tensor;
  inputs: readonly Tensor[];
  rule: DerivativeRule;
}

type OutputSpec = Shape | { shape: Shape; type: ElementType } | undefined;

interface EmitOptions {
  attributes?: Readonly<Record<string, AttributeValue>>;
  domain?: '' | 'com.microsoft';
}

/**
 * A graph of ONNX kernels under construction, with a tape of derivative rules. Operations are plain functions over
 * tensors (src/tensor/primitives, src/tensor/composites); shapes and types are checked as they are applied.
 */
export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly inputs: Tensor[] = [];
  readonly constants: { tensor: Tensor; data: TensorData }[] = [];
  /** Results, by the name under which they are bound. */
  readonly outputs = new Map<string, Tensor>();
  readonly tape: TapeEntry[] = [];
  readonly #constantsByContent = new Map<string, Tensor>();
  readonly #memo = new Map<string, Tensor>();
  #recording = true;
  #count = 0;

  input(name: string, shape: Shape, options: { type?: ElementType; trainable?: boolean } = {}): Tensor {
    if (this.inputs.some((input) => input.name === name)) throw new FtsError('internal', `Input ${name} exists.`);
    const tensor = this.#tensor(shape, options.type ?? 'float32', options.trainable ?? false, name);
    this.inputs.push(tensor);
    return tensor;
  }

  /** Numbers that belong to the graph. Equal small constants are shared. */
  constant(data: TensorData, shape: Shape, type: ElementType = 'float32'): Tensor {
    if (data.length !== elementsOf(shape)) {
      throw new FtsError('internal', `A constant of shape [${shape}] cannot have ${data.length} elements.`);
    }
    const key = data.length <= 8 ? `${type}|${shape}|${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#constantsByContent.get(key);
    if (known !== undefined) return known;
    const tensor = this.#tensor(shape, type, false, `c${this.constants.length}`);
    this.constants.push({ tensor, data });
    if (key !== undefined) this.#constantsByContent.set(key, tensor);
    return tensor;
  }

  scalar(value: number): Tensor {
    return this.constant(Float32Array.of(value), []);
  }

  /** A list of whole numbers, as ONNX wants shapes and axes. */
  indices(values: readonly number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');
  }

  /** A tensor that several operations of one graph can share, made at first use. */
  once(key: string, make: () => Tensor): Tensor {
    let tensor = this.#memo.get(key);
    if (tensor === undefined) {
      tensor = make();
      this.#memo.set(key, tensor);
    }
    return tensor;
  }

  /** Appends a kernel with one result. */
  emit(operator: string, inputs: readonly (Tensor | undefined)[], output: OutputSpec, options?: EmitOptions): Tensor {
    return this.emitMany(operator, inputs, [output], options)[0]!;
  }

  /** Appends a kernel with several results; an `undefined` one is left out. */
  emitMany(
    operator: string,
    inputs: readonly (Tensor | undefined)[],
    outputs: readonly OutputSpec[],
    { attributes = {}, domain = '' }: EmitOptions = {},
  ): (Tensor | undefined)[] {
    for (const input of inputs) {
      if (input !== undefined && input.graph !== this) throw new FtsError('internal', `${operator} mixes two graphs.`);
    }
    const trainable = inputs.some((input) => input?.trainable);
    const results = outputs.map((spec) => {
      if (spec === undefined) return undefined;
      const { shape, type } = 'shape' in spec ? spec : { shape: spec, type: 'float32' as const };
      return this.#tensor(shape, type, trainable && type === 'float32', `t${this.#count++}`);
    });
    this.nodes.push({ operator, domain, inputs, outputs: results, attributes });
    return results;
  }

  /** Attaches the derivative of `output` with respect to `inputs`, unless nothing upstream trains. */
  derivative(output: Tensor, inputs: readonly Tensor[], rule: DerivativeRule): Tensor {
    if (this.#recording && inputs.some((input) => input.trainable)) this.tape.push({ output, inputs, rule });
    return output;
  }

  /** Whether operations that are applied now attach their derivatives. */
  get recording(): boolean {
    return this.#recording;
  }

  /** Builds without recording derivatives: how backward parts are built. */
  withoutTape<Result>(build: () => Result): Result {
    const before = this.#recording;
    this.#recording = false;
    try {
      return build();
    } finally {
      this.#recording = before;
    }
  }

  /** An operation made of several kernels that has a shorter derivative than the chain of theirs. */
  composite(inputs: readonly Tensor[], build: () => readonly [Tensor, DerivativeRule]): Tensor {
    const [output, rule] = this.withoutTape(build);
    return this.derivative(output, inputs, rule);
  }

  output(name: string, tensor: Tensor): void {
    if (this.outputs.has(name)) throw new FtsError('internal', `Output ${name} exists.`);
    this.outputs.set(name, tensor);
  }

  #tensor(shape: Shape, type: ElementType, trainable: boolean, name: string): Tensor {
    return { graph: this, name, shape, type, trainable };
  }
}
