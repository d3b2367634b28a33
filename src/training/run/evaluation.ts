import { throwIfAborted } from '../../errors/fts-error.ts';
import type { ParameterSpec } from '../../model/architectures/parameter.ts';
import { type BatchShape, evaluationGraph, type ModelVariant } from '../../model/architectures/training-graph.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { TensorData } from '../../runtime/onnxruntime/element-type.ts';
import type { Binding } from '../../runtime/onnxruntime/session.ts';
import { Program } from '../../tensor/program.ts';
import { type Batch, type BatchSource, emptyBatch } from '../data/batch.ts';

/** Computes the loss of a model on held-out data, with a compiled forward pass that shares the training's weights. */
export class Evaluator {
  readonly #program: Program;
  readonly #binding: Binding;
  readonly #loss = new Float32Array(1);
  readonly #inputs: Record<string, TensorData>;
  readonly #source: BatchSource;
  readonly #batch: Batch;

  constructor(
    config: ModelConfig,
    specs: readonly ParameterSpec[],
    arrays: Readonly<Record<string, TensorData>>,
    source: BatchSource,
    variant: ModelVariant = {},
  ) {
    const shape: BatchShape = { batch: source.batch, length: source.length, packed: source.packed };
    const { graph } = evaluationGraph(config, specs, { ...shape, loss: true, ...variant });
    this.#program = new Program(graph);
    this.#source = source;
    this.#batch = emptyBatch(source);
    const { tokens, targets, counts, documents } = this.#batch;
    const positionsType = graph.inputs.find(({ name }) => name === 'positions')?.type;
    this.#inputs = {
      ...arrays,
      tokens,
      targets,
      weights: counts,
      ...(documents === undefined ? {} : { documents }),
      ...(positionsType === undefined
        ? {}
        : { positions: positionsType === 'int64' ? new BigInt64Array(tokens.length) : this.#batch.positions! }),
    };
    this.#binding = this.#program.bind(this.#inputs, { loss: this.#loss });
  }

  /** Mean loss in nats per counted token, over all data once. */
  async run(signal: AbortSignal): Promise<number> {
    let total = 0;
    let counted = 0;
    for (let index = 0; index < this.#source.batchesPerEpoch; index++) {
      throwIfAborted(signal);
      this.#source.fill(index, this.#batch);
      const { positions } = this.#inputs;
      if (positions instanceof BigInt64Array) {
        for (let i = 0; i < positions.length; i++) positions[i] = BigInt(this.#batch.positions![i]!);
      }
      await this.#binding.runBriefly();
      total += this.#loss[0]!;
      counted += this.#batch.counts.reduce((sum, value) => sum + value, 0);
    }
    return total / counted;
  }

  close(): void {
    this.#program.close();
  }
}
