import { FtsError } from '../errors/fts-error.ts';
import type { ElementType, TensorData } from '../runtime/onnxruntime/element-type.ts';
import type { AttributeValue } from '../runtime/onnxruntime/model-encoder.ts';
import { elementsOf, type Shape } from './shape.ts';

/** A symbolic value in a graph: its shape and type, without data. */
export interface Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
  /** Whether it depends on a trainable input; derivative rules skip tensors that do not. */
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

/** A sparse gradient of a table: `rows[i]` is added to row `ids[i]`. */
export interface RowGradient {
  ids: Tensor;
  rows: Tensor;
}

/** A gradient as values [.., width] and a factor for each row [.., 1], to be multiplied and added in one pass. */
export interface ScaledRows {
  values: Tensor;
  factors: Tensor;
}

export type Adjoint = Tensor | ScaledRows | RowGradient;

/**
 * The derivative of an operation: maps the adjoint of its output to the adjoints of its inputs, in their order. Each is
 * a function, so that nothing is computed for inputs that do not train.
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
  /** Results, by the name under which callers bind them. */
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

  /** Adds a constant. Equal small constants are shared. */
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

  /** A constant list of int64, the type that ONNX requires for shapes and axes. */
  indices(values: readonly number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');
  }

  /** A tensor shared by several operations of the graph under a key, made on first use. */
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

  /** Appends a kernel with several results; a result given as `undefined` is not computed. */
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

  /** Attaches the derivative of `output` with respect to `inputs`, unless none of them depends on a trainable input. */
  derivative(output: Tensor, inputs: readonly Tensor[], rule: DerivativeRule): Tensor {
    if (this.#recording && inputs.some((input) => input.trainable)) this.tape.push({ output, inputs, rule });
    return output;
  }

  /** Whether newly applied operations attach their derivatives. */
  get recording(): boolean {
    return this.#recording;
  }

  /** Builds without recording derivatives, as for the backward part. */
  withoutTape<Result>(build: () => Result): Result {
    const before = this.#recording;
    this.#recording = false;
    try {
      return build();
    } finally {
      this.#recording = before;
    }
  }

  /** An operation made of several kernels whose own derivative is cheaper than the chain of theirs. */
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
