import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../random/mulberry32.ts';
import { geluOfScaled, geluTanh, swiGlu } from './composites/activation.ts';
import { attention, documentMask } from './composites/attention.ts';
import { dropout } from './composites/dropout.ts';
import { languageModelLoss } from './composites/language-model-loss.ts';
import { layerNorm, rmsNorm } from './composites/normalization.ts';
import { gradient } from './gradient.ts';
import { Graph, type Tensor } from './graph.ts';
import {
  add,
  divide,
  erf,
  exp,
  log,
  multiply,
  negate,
  scale,
  sigmoid,
  sqrt,
  subtract,
  tanh,
} from './primitives/elementwise.ts';
import { concat, reshape, slice, transpose } from './primitives/layout.ts';
import { embedding } from './primitives/lookup.ts';
import { linear, matmul } from './primitives/matrix.ts';
import { INT4_GROUP, int4Linear, quantizeInt4 } from './primitives/quantized.ts';
import { sum } from './primitives/reduction.ts';
import { rotary } from './primitives/rotary.ts';
import { logSoftmax, softmax } from './primitives/softmax.ts';
import { evaluate, Program } from './program.ts';
import { elementsOf, type Shape } from './shape.ts';

/** Reproducible numbers in [-1, 1). */
function numbers(count: number, seed = 1): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}

interface Case {
  /** Shapes of the differentiated inputs. */
  shapes: Shape[];
  apply(inputs: Tensor[], graph: Graph): Tensor;
  /** Maps the inputs into the domain of the function. */
  shift?: number;
}

const cases: Record<string, Case> = {
  add: { shapes: [[3, 4], [4]], apply: ([a, b]) => add(a!, b!) },
  subtract: {
    shapes: [
      [3, 1],
      [3, 4],
    ],
    apply: ([a, b]) => subtract(a!, b!),
  },
  multiply: {
    shapes: [
      [2, 3, 4],
      [3, 1],
    ],
    apply: ([a, b]) => multiply(a!, b!),
  },
  divide: {
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: ([a, b]) => divide(a!, b!),
    shift: 2.5,
  },
  scale: { shapes: [[5]], apply: ([a]) => scale(a!, 0.7) },
  negate: { shapes: [[5]], apply: ([a]) => negate(a!) },
  exp: { shapes: [[3, 4]], apply: ([a]) => exp(a!) },
  log: { shapes: [[3, 4]], apply: ([a]) => log(a!), shift: 2.5 },
  sqrt: { shapes: [[3, 4]], apply: ([a]) => sqrt(a!), shift: 2.5 },
  sigmoid: { shapes: [[3, 4]], apply: ([a]) => sigmoid(a!) },
  tanh: { shapes: [[3, 4]], apply: ([a]) => tanh(a!) },
  erf: { shapes: [[3, 4]], apply: ([a]) => erf(a!) },
  sum: { shapes: [[2, 3, 4]], apply: ([a]) => sum(a!, [1]) },
  'sum, axis kept': { shapes: [[2, 3, 4]], apply: ([a]) => sum(a!, [0, -1], true) },
  reshape: { shapes: [[2, 6]], apply: ([a]) => reshape(a!, [3, 4]) },
  transpose: { shapes: [[2, 3, 4]], apply: ([a]) => transpose(a!, [2, 0, 1]) },
  slice: { shapes: [[2, 5, 3]], apply: ([a]) => slice(a!, 1, 1, 4) },
  concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    apply: ([a, b]) => concat([a!, b!], 1),
  },
  linear: {
    shapes: [[5, 4], [3, 4], [3]],
    apply: ([x, w, b]) => linear(x!, w!, { bias: b, factor: 0.5, biasFactor: 2 }),
  },
  'linear, in-out': {
    shapes: [[5, 4], [4, 3], [3]],
    apply: ([x, w, b]) => linear(x!, w!, { layout: 'in-out', bias: b }),
  },
  matmul: {
    shapes: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    apply: ([a, b]) => matmul(a!, b!, false, false, 0.3),
  },
  'matmul, first transposed': {
    shapes: [
      [2, 4, 3],
      [2, 4, 5],
    ],
    apply: ([a, b]) => matmul(a!, b!, true, false, 0.3),
  },
  'matmul, second transposed': {
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
    ],
    apply: ([a, b]) => matmul(a!, b!, false, true, 0.3),
  },
  'matmul, both transposed': {
    shapes: [
      [2, 4, 3],
      [2, 5, 4],
    ],
    apply: ([a, b]) => matmul(a!, b!, true, true, 0.3),
  },
  softmax: { shapes: [[3, 5]], apply: ([a]) => softmax(a!) },
  logSoftmax: { shapes: [[3, 5]], apply: ([a]) => logSoftmax(a!) },
  embedding: {
    shapes: [[5, 4]],
    apply: ([table], graph) => embedding(table!, graph.constant(Int32Array.of(1, 4, 1), [3], 'int32')),
  },
  rotary: {
    shapes: [[2, 3, 8]],
    apply: ([x], graph) => {
      const angles = numbers(6, 9);
      const sines = angles.map(Math.sin);
      return rotary(x!, graph.constant(BigInt64Array.of(0n, 1n, 2n, 2n, 0n, 1n), [2, 3], 'int64'), {
        cosines: graph.constant(angles.map(Math.cos), [3, 2]),
        sines: graph.constant(sines, [3, 2]),
        negatedSines: graph.constant(
          sines.map((value) => -value),
          [3, 2],
        ),
      });
    },
  },
  layerNorm: { shapes: [[5, 8], [8], [8]], apply: ([x, w, b]) => layerNorm(x!, w!, b!, 1e-5) },
  rmsNorm: { shapes: [[5, 8], [8]], apply: ([x, w]) => rmsNorm(x!, w!, 1e-5) },
  geluOfScaled: { shapes: [[3, 4]], apply: ([x]) => geluOfScaled(x!) },
  geluTanh: { shapes: [[3, 4]], apply: ([x]) => geluTanh(x!) },
  swiGlu: {
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: ([a, b]) => swiGlu(a!, b!),
  },
  attention: {
    shapes: [
      [1, 4, 6],
      [1, 4, 6],
      [1, 4, 6],
    ],
    apply: ([q, k, v]) => attention(q!, k!, v!, { headDim: 3 }),
  },
  'attention, grouped and in blocks': {
    shapes: [
      [1, 6, 12],
      [1, 6, 6],
      [1, 6, 6],
    ],
    apply: ([q, k, v]) => attention(q!, k!, v!, { headDim: 3, blocks: 3 }),
  },
  'attention within documents': {
    shapes: [
      [1, 4, 12],
      [1, 4, 6],
      [1, 4, 6],
    ],
    apply: ([q, k, v], graph) => {
      const documents = graph.constant(Int32Array.of(0, 1, 1, 2), [1, 4], 'int32');
      return attention(q!, k!, v!, { headDim: 3, mask: documentMask(documents), blocks: 2 });
    },
  },
  languageModelLoss: {
    shapes: [
      [4, 8],
      [8, 8],
    ],
    apply: ([h, table], graph) =>
      languageModelLoss(
        h!,
        table!,
        graph.constant(Int32Array.of(1, 3, 1, 0), [4], 'int32'),
        graph.constant(Float32Array.of(0.25, 0, 0.5, 0.25), [4, 1]),
        6,
      ),
  },
  dropout: { shapes: [[3, 4]], apply: ([x]) => dropout(x!, 'mask') },
};

const STEP = 2e-2;

/** The gradients of Σ f(x) · r with fixed r, computed by the graph and by fourth-order central differences. */
function gradients({ shapes, apply, shift = 0 }: Case): { ours: number[]; differences: number[] } {
  const graph = new Graph();
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, shape, { trainable: true }));
  const y = apply(inputs, graph);
  const projected = sum(multiply(y, graph.constant(numbers(elementsOf(y.shape), 77), y.shape)));
  graph.output('loss', projected);
  const found = gradient(projected, inputs);
  for (const [index, { dense, rows }] of found.entries()) {
    if (dense !== undefined) graph.output(`d${index}`, dense);
    for (const [at, { rows: tensor }] of rows.entries()) graph.output(`rows${index}.${at}`, tensor);
  }
  const values = shapes.map((shape, index) => numbers(elementsOf(shape), index + 3).map((value) => value + shift));
  const arrays: Record<string, Float32Array> = Object.fromEntries(values.map((value, index) => [`x${index}`, value]));
  for (const { name, shape } of graph.inputs) arrays[name] ??= numbers(elementsOf(shape), 5);
  const outputs = Object.fromEntries(
    [...graph.outputs].map(([name, { shape }]) => [name, new Float32Array(elementsOf(shape))]),
  );
  const program = new Program(graph);
  const binding = program.bind(arrays, outputs);
  binding.run();

  const ours = found.flatMap(({ rows }, index) => {
    const total = Array.from(outputs[`d${index}`] ?? new Float32Array(values[index]!.length));
    for (const [at, { ids, rows: tensor }] of rows.entries()) {
      const idData = graph.constants.find((constant) => constant.tensor === ids)!.data;
      const width = tensor.shape[1]!;
      outputs[`rows${index}.${at}`]!.forEach((value, i) => {
        total[Number(idData[Math.floor(i / width)]) * width + (i % width)]! += value;
      });
    }
    return total;
  });
  const lossAt = (array: Float32Array, i: number, value: number): number => {
    const kept = array[i]!;
    array[i] = value;
    binding.run();
    array[i] = kept;
    return outputs.loss![0]!;
  };
  const differences = values.flatMap((array) =>
    Array.from(array, (value, i) => {
      const near = lossAt(array, i, value + STEP) - lossAt(array, i, value - STEP);
      const far = lossAt(array, i, value + 2 * STEP) - lossAt(array, i, value - 2 * STEP);
      return (8 * near - far) / (12 * STEP);
    }),
  );
  program.close();
  return { ours, differences };
}

describe('derivative rules agree with finite differences within 1e-3', () => {
  for (const [name, test] of Object.entries(cases)) {
    it(name, () => {
      const { ours, differences } = gradients(test);
      const norm = (values: number[]): number => Math.hypot(...values);
      const error = norm(ours.map((value, i) => value - differences[i]!)) / norm(differences);
      expect(norm(differences)).toBeGreaterThan(0.1);
      expect(error).toBeLessThan(1e-3);
    });
  }
});

describe('frozen 4-bit matrices', () => {
  for (const layout of ['out-in', 'in-out'] as const) {
    it(`give the products and gradients of their unpacked values (${layout})`, () => {
      const [rows, columns] = [6, 64];
      const values = numbers(rows * columns, 21);
      const { packed, scales } = quantizeInt4(values, columns);
      const unpacked = values.map((_, i) => {
        const code = (packed[i >> 1]! >> (4 * (i & 1))) & 15;
        return (code > 7 ? code - 16 : code) * scales[Math.floor(i / INT4_GROUP)]!;
      });
      const worst = Math.max(...unpacked.map((value, i) => Math.abs(value - values[i]!)));
      expect(worst).toBeLessThanOrEqual(Math.max(...scales) / 2 + 1e-6);
      const results = ['int4', 'float'].map((kind) => {
        const graph = new Graph();
        const x = graph.input('x', [3, layout === 'out-in' ? columns : rows], { trainable: true });
        let y: Tensor;
        const inputs: Record<string, Float32Array | Uint8Array> = { x: numbers(elementsOf(x.shape), 4) };
        if (kind === 'int4') {
          const codes = graph.input('codes', [rows, columns], { type: 'int4' });
          const factors = graph.input('scales', [rows, columns / INT4_GROUP]);
          y = int4Linear(x, { packed: codes, scales: factors }, { layout });
          Object.assign(inputs, { codes: packed, scales });
        } else {
          y = linear(x, graph.input('w', [rows, columns]), { layout });
          inputs.w = unpacked;
        }
        const loss = sum(multiply(y, y));
        graph.output('y', y);
        graph.output('dx', gradient(loss, [x])[0]!.dense!);
        return evaluate(graph, inputs);
      });
      for (const name of ['y', 'dx']) {
        results[0]![name]!.forEach((value, i) => {
          expect(value).toBeCloseTo(results[1]![name]![i]!, 4);
        });
      }
    });
  }
});
