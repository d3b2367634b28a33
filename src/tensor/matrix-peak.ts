import { Graph } from './graph.ts';
import { matmul } from './primitives/matrix.ts';
import { Program } from './program.ts';

const SIZE = 1024;
const SECONDS = 0.25;

let measured: number | undefined;

/**
 * The machine's own speed of FP32 matrix products in FLOP/s (a square product of 1,024, the best run of a quarter of a
 * second), with the threads that training uses: what utilization is measured against. Measured once per process.
 */
export function matrixPeak(): number {
  measured ??= measure();
  return measured;
}

function measure(): number {
  const graph = new Graph();
  const shape = [SIZE, SIZE + 16]; // a stride that is no multiple of 4 KB
  graph.output('c', matmul(graph.input('a', shape), graph.input('b', shape), false, true));
  const program = new Program(graph);
  const a = new Float32Array(shape[0]! * shape[1]!).map((_, i) => Math.sin(i));
  const binding = program.bind({ a, b: a.slice() }, { c: new Float32Array(SIZE * SIZE) });
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    binding.run();
    best = Math.min(best, performance.now() - start);
  }
  program.close();
  return (2 * SIZE * SIZE * shape[1]!) / (best / 1000);
}
