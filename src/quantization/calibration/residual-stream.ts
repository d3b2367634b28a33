import { embeddingGraph, finishGraph } from '../../model/architectures/block-graph.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import { type Arrays, Program } from '../../tensor/program.ts';
import type { CalibrationSet } from './calibration.ts';
import { SummedProduct } from './summed-product.ts';

/** The residual stream [sequences · length, width] of the calibration text before the first block. */
export async function embedSequences(
  config: ModelConfig,
  model: ModelParameters,
  { sequences, length }: CalibrationSet,
): Promise<Float32Array> {
  const elements = length * config.width;
  const out = new Float32Array(sequences.length * elements);
  const tokens = new Int32Array(length);
  const hidden = new Float32Array(elements);
  const graph = embeddingGraph(config, model.specs, { batch: 1, length });
  await runEach(graph, model, { tokens }, { hidden }, sequences.length, {
    before: (index) => tokens.set(sequences[index]!),
    after: (index) => out.set(hidden, index * elements),
  });
  return out;
}

/**
 * Σ x xᵀ [width, width] of the output table's inputs at positions whose next token the model generates, computed from
 * the residual stream after the last block.
 */
export async function outputGram(
  config: ModelConfig,
  model: ModelParameters,
  stream: Float32Array,
  { length, counted }: CalibrationSet,
  products: MatrixProducts,
): Promise<Float32Array> {
  const { width } = config;
  const elements = length * width;
  const hidden = new Float32Array(elements);
  const final = new Float32Array(elements);
  const sum = new SummedProduct(products, width, width);
  const graph = finishGraph(config, model.specs, { batch: 1, length });
  await runEach(graph, model, { hidden }, { final }, stream.length / elements, {
    before: (index) => hidden.set(stream.subarray(index * elements, (index + 1) * elements)),
    after: (index) => {
      for (let row = 0; counted !== undefined && row < length; row++) {
        if (counted[index]![row + 1] !== 1) final.fill(0, row * width, (row + 1) * width);
      }
      sum.add(final, final);
    },
  });
  return sum.result();
}

async function runEach(
  graph: Graph,
  model: ModelParameters,
  inputs: Arrays,
  outputs: Arrays,
  count: number,
  steps: { before(index: number): void; after(index: number): void },
): Promise<void> {
  const program = new Program(graph);
  try {
    const parameters = Object.fromEntries(
      graph.inputs.filter(({ name }) => !(name in inputs)).map(({ name }) => [name, model.arrays.get(name)!]),
    );
    const binding = program.bind({ ...parameters, ...inputs }, outputs);
    for (let index = 0; index < count; index++) {
      steps.before(index);
      await binding.runAsync();
      steps.after(index);
    }
  } finally {
    program.close();
  }
}
