import { FtsError } from '../errors/fts-error.ts';
import type { Binding } from '../runtime/onnxruntime/session.ts';
import { Graph } from './graph.ts';
import { Program } from './program.ts';

type Numbers = Float32Array | Float64Array;

interface ProductShape {
  rows: number;
  inner: number;
  columns: number;
  transposeA?: boolean;
  transposeB?: boolean;
  /** Factor of the product; `addendFactor` is the factor of the addend. */
  factor?: number;
  addendFactor?: 0 | 1;
}

/**
 * Matrix products outside a model's graph: result = factor · A B + addendFactor · addend, computed by the runtime's
 * kernels in float32 or float64. Each shape is compiled once and kept until `close`.
 */
export class MatrixProducts {
  readonly #programs = new Map<string, Program>();

  /**
   * A is [rows, inner], B [inner, columns]; with `transposeA` or `transposeB` they are stored transposed. `addend`
   * [rows, columns] must be a different array from `result`.
   */
  multiply<Values extends Numbers>(a: Values, b: Values, shape: ProductShape, result: Values, addend?: Values): void {
    const type = a instanceof Float64Array ? 'float64' : 'float32';
    const key = JSON.stringify([type, addend !== undefined, shape]);
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new Program(productGraph(type, shape, addend !== undefined));
      this.#programs.set(key, program);
    }
    const binding: Binding = program.bind({ a, b, ...(addend === undefined ? {} : { addend }) }, { result });
    try {
      binding.run();
    } finally {
      binding.close();
    }
  }

  close(): void {
    for (const program of this.#programs.values()) program.close();
    this.#programs.clear();
  }
}

function productGraph(type: 'float32' | 'float64', shape: ProductShape, hasAddend: boolean): Graph {
  const { rows, inner, columns, transposeA = false, transposeB = false, factor = 1, addendFactor = 1 } = shape;
  if (Math.min(rows, inner, columns) < 1) throw new FtsError('internal', 'A matrix product has an empty side.');
  const graph = new Graph();
  const a = graph.input('a', transposeA ? [inner, rows] : [rows, inner], { type });
  const b = graph.input('b', transposeB ? [columns, inner] : [inner, columns], { type });
  const inputs = hasAddend ? [a, b, graph.input('addend', [rows, columns], { type })] : [a, b];
  const result = graph.emit(
    'Gemm',
    inputs,
    { shape: [rows, columns], type },
    {
      attributes: {
        transA: transposeA ? 1 : 0,
        transB: transposeB ? 1 : 0,
        alpha: { float: factor },
        beta: { float: addendFactor },
      },
    },
  );
  graph.output('result', result);
  return graph;
}
