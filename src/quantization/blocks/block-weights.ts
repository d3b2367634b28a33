import { outAndIn, type ParameterSpec } from '../../model/architectures/parameter.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';

/** The first numeric part of a parameter's name is its block number. */
const blockNumber = /(?<=\.)\d+(?=\.)/;

/** The name of block 0's parameter, changed to another block. */
export function nameInBlock(name: string, layer: number): string {
  return name.replace(blockNumber, String(layer));
}

/** The block that a parameter belongs to; undefined outside the blocks. */
export function blockOf(name: string): number | undefined {
  const match = blockNumber.exec(name);
  return match === null ? undefined : Number(match[0]);
}

/** A linear layer's weight, read and written as [outputs, inputs] whatever its layout in the graph. */
export class LinearWeight {
  readonly name: string;
  readonly spec: ParameterSpec;
  readonly outputs: number;
  readonly inputs: number;
  readonly #array: Float32Array;

  constructor({ specs, arrays }: ModelParameters, name: string) {
    this.name = name;
    this.spec = specs.find((spec) => spec.name === name)!;
    [this.outputs, this.inputs] = outAndIn(this.spec); // the first axis of the graph's array may be padded
    this.#array = arrays.get(name)!;
  }

  get #isOutIn(): boolean {
    return this.spec.layout !== 'in-out';
  }

  /** A copy, [outputs, inputs]. */
  read(): Float32Array {
    const { outputs, inputs } = this;
    if (this.#isOutIn) return this.#array.slice(0, outputs * inputs);
    const out = new Float32Array(outputs * inputs);
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        out[output * inputs + input] = this.#array[input * outputs + output]!;
      }
    }
    return out;
  }

  /** Replaces the values, [outputs, inputs]. */
  write(values: Float32Array): void {
    const { outputs, inputs } = this;
    if (this.#isOutIn) {
      this.#array.set(values);
      return;
    }
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        this.#array[input * outputs + output] = values[output * inputs + input]!;
      }
    }
  }
}
