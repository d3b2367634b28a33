import type { Binding } from '../runtime/onnxruntime/session.ts';
import { Program } from '../tensor/program.ts';
import { evaluationGraph } from './architectures/training-graph.ts';
import type { ModelConfig } from './model-config.ts';
import type { ModelParameters } from './model-parameters.ts';

/** Computes logits of token sequences of one fixed length, with a model's parameters used in place. */
export class ForwardPass {
  /** Tokens per sequence. */
  readonly length: number;
  /** Columns of a row of logits; the first `vocabSize` count. */
  readonly logitColumns: number;
  readonly #program: Program;
  readonly #binding: Binding;
  readonly #tokens: Int32Array;
  readonly #logits: Float32Array;

  constructor(config: ModelConfig, { specs, arrays }: ModelParameters, length: number) {
    const { graph, logitColumns } = evaluationGraph(config, specs, { batch: 1, length, packed: false, logits: true });
    this.length = length;
    this.logitColumns = logitColumns;
    this.#tokens = new Int32Array(length);
    this.#logits = new Float32Array(length * logitColumns);
    this.#program = new Program(graph);
    const used = graph.inputs.map(({ name }) => name).filter((name) => arrays.has(name));
    const parameters = Object.fromEntries(used.map((name) => [name, arrays.get(name)!]));
    this.#binding = this.#program.bind({ ...parameters, tokens: this.#tokens }, { logits: this.#logits });
  }

  /**
   * Logits [length, logitColumns] of up to `length` tokens; rows beyond the tokens given mean nothing. The array is
   * valid until the next call.
   */
  async logits(tokens: ArrayLike<number>): Promise<Float32Array> {
    this.#tokens.fill(0);
    this.#tokens.set(tokens);
    await this.#binding.runAsync();
    return this.#logits;
  }

  close(): void {
    this.#program.close();
  }
}
