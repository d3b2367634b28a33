import type { TrainingGraph } from '../../model/architectures/training-graph.ts';
import { gradientName } from '../../model/architectures/training-graph.ts';
import type { TensorData } from '../../runtime/onnxruntime/element-type.ts';
import type { Binding } from '../../runtime/onnxruntime/session.ts';
import { SharedMemory } from '../../runtime/simd/shared-memory.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { Program } from '../../tensor/program.ts';
import { elementsOf, type Shape } from '../../tensor/shape.ts';
import type { Batch } from '../data/batch.ts';
import type { ParameterState } from '../optimizer/parameter-state.ts';

interface RowBuffer {
  parameter: string;
  rows: Float32Array;
  ids: Int32Array;
  width: number;
}

/** Bytes that `MicroBatchRunner` needs in every memory, in addition to the parameters. */
export function scratchBytes(graph: TrainingGraph): number {
  const rowBytes = graph.rows.map(({ output }) => {
    const [rows, width] = graph.graph.outputs.get(output)!.shape as [number, number];
    return SharedMemory.bytesFor(rows * width) + SharedMemory.bytesFor(rows);
  });
  const maskBytes = graph.dropoutMasks.map(({ shape }) => SharedMemory.bytesFor(elementsOf(shape)));
  return [...rowBytes, ...maskBytes].reduce((sum, bytes) => sum + bytes, 0);
}

/** Runs the compiled training graph on micro-batches and writes their gradients into the parameter state. */
export class MicroBatchRunner {
  readonly #program: Program;
  readonly #binding: Binding;
  readonly #state: ParameterState;
  readonly #inputs: Record<string, TensorData>;
  readonly #loss = new Float32Array(1);
  readonly #rowBuffers: RowBuffer[];
  readonly #masks: { name: string; data: Float32Array }[];
  /** Parameters whose gradient consists only of row gradients. */
  readonly #sparse: string[];
  readonly #dropoutRate: number;
  readonly #seed: number;

  constructor(
    graph: TrainingGraph,
    state: ParameterState,
    options: { dropoutRate: number; seed: number; frozen?: Readonly<Record<string, TensorData>> },
  ) {
    this.#program = new Program(graph.graph);
    this.#state = state;
    this.#dropoutRate = options.dropoutRate;
    this.#seed = options.seed;
    const trained = new Set(state.specs.map(({ name }) => name));
    this.#masks = graph.dropoutMasks.map(({ name, shape }) => ({
      name,
      data: state.firstMemory.floats(elementsOf(shape)),
    }));
    const masks = new Map(this.#masks.map(({ name, data }) => [name, data]));
    const arrayFor = ({ name, shape, type }: Tensor): TensorData => {
      const size = elementsOf(shape);
      if (trained.has(name)) return state.view(name, 'weights');
      const given = options.frozen?.[name] ?? masks.get(name);
      if (given !== undefined) return given;
      if (type === 'int32') return new Int32Array(size);
      return type === 'int64' ? new BigInt64Array(size) : new Float32Array(size);
    };
    this.#inputs = Object.fromEntries(graph.graph.inputs.map((input) => [input.name, arrayFor(input)]));
    this.#rowBuffers = graph.rows.map(({ parameter, output }) => {
      const shape: Shape = graph.graph.outputs.get(output)!.shape;
      const memory = state.memoryOf(parameter);
      const rows = memory.floats(elementsOf(shape));
      return { parameter, rows, ids: memory.integers(shape[0]!), width: shape[1]! };
    });
    const rowOutputs = graph.rows.flatMap(({ output, ids }, index) => {
      const buffer = this.#rowBuffers[index]!;
      return [
        [output, buffer.rows],
        [ids, buffer.ids],
      ] as const;
    });
    const dense = [...graph.dense].map((name) => [gradientName(name), state.view(name, 'gradients')]);
    this.#binding = this.#program.bind(this.#inputs, {
      loss: this.#loss,
      ...Object.fromEntries(rowOutputs),
      ...Object.fromEntries(dense),
    });
    this.#sparse = [...new Set(graph.rows.map(({ parameter }) => parameter))].filter((name) => !graph.dense.has(name));
  }

  /**
   * Computes the loss, Σ counts · loss / countedTokens, and its gradients. `number` is the index of the micro-batch in
   * the run, which selects the dropout masks.
   */
  async run(batch: Batch, countedTokens: number, number: number): Promise<number> {
    const { tokens, targets, weights, positions, documents } = this.#inputs;
    (tokens as Int32Array).set(batch.tokens);
    (targets as Int32Array).set(batch.targets);
    const share = 1 / countedTokens;
    const shares = weights as Float32Array;
    for (let i = 0; i < shares.length; i++) shares[i] = batch.counts[i]! * share;
    if (positions instanceof Int32Array) positions.set(batch.positions!);
    else if (positions instanceof BigInt64Array) {
      for (let i = 0; i < positions.length; i++) positions[i] = BigInt(batch.positions![i]!);
    }
    if (documents !== undefined) (documents as Int32Array).set(batch.documents!);
    for (const [site, { data }] of this.#masks.entries()) {
      this.#state.dropoutMask(data, this.#dropoutRate, this.#seed, number * this.#masks.length + site);
    }
    await this.#binding.runBriefly();
    for (const name of this.#sparse) this.#state.view(name, 'gradients').fill(0);
    for (const { parameter, rows, ids, width } of this.#rowBuffers) this.#state.addRows(parameter, rows, ids, width);
    return this.#loss[0]!;
  }

  close(): void {
    this.#program.close();
  }
}
