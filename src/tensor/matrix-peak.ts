import { Graph } from './graph.ts';
import { matmul } from './primitives/matrix.ts';
import { Program } from './program.ts';

const SIZE = 1024;
/** Duration of the first sample and of later ones. */
const SAMPLE_SECONDS = { first: 0.25, later: 0.1 };
const SECONDS_BETWEEN_SAMPLES = 10;

let best = 0;
let sampledAt = Number.NEGATIVE_INFINITY;

/**
 * Measures the machine's peak speed of FP32 matrix products in FLOP/s (a square product of 1,024, the best run), with
 * the threads that training uses. Other work on the machine lowers a sample, so a call at least 10 seconds after the
 * last sample takes another one, and the best of all samples counts.
 */
export function matrixPeak(): number {
  if ((performance.now() - sampledAt) / 1000 < SECONDS_BETWEEN_SAMPLES) return best;
  best = Math.max(best, sample(best === 0 ? SAMPLE_SECONDS.first : SAMPLE_SECONDS.later));
  sampledAt = performance.now();
  return best;
}

/**
 * The share of the machine's peak matrix speed in use; an achieved speed above the measured peak counts as the peak.
 */
export function utilization(flopsPerSecond: number): number {
  return flopsPerSecond / Math.max(matrixPeak(), flopsPerSecond);
}

function sample(seconds: number): number {
  const graph = new Graph();
  const shape = [SIZE, SIZE + 16]; // a stride that is not a multiple of 4 KB
  graph.output('c', matmul(graph.input('a', shape), graph.input('b', shape), false, true));
  const program = new Program(graph);
  const a = new Float32Array(shape[0]! * shape[1]!).map((_, i) => Math.sin(i));
  const binding = program.bind({ a, b: a.slice() }, { c: new Float32Array(SIZE * SIZE) });
  let shortest = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    binding.run();
    shortest = Math.min(shortest, performance.now() - start);
  }
  program.close();
  return (2 * SIZE * SIZE * shape[1]!) / (shortest / 1000);
}
