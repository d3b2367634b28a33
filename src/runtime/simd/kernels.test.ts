import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleKernels } from '../../../scripts/build-kernels.mjs';
import { KernelTeam } from './kernel-team.ts';
import { KERNELS_WASM } from './kernels.wasm.ts';
import { SharedMemory } from './shared-memory.ts';

describe('SIMD kernels', () => {
  const shared = new SharedMemory(1 << 20);
  let team: KernelTeam;
  beforeAll(async () => {
    team = await KernelTeam.start([shared.memory], 2);
  });
  afterAll(() => team.close());

  it('are the ones that kernels.wat says', async () => {
    expect(KERNELS_WASM).toBe(await assembleKernels());
  });

  it('AdamW follows the published update on two threads', () => {
    const n = 64;
    const [p, m, v, g] = [0, 1, 2, 3].map(() => shared.floats(n)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const expected = { p: new Float64Array(n), m: new Float64Array(n), v: new Float64Array(n) };
    for (let i = 0; i < n; i++) {
      p[i] = Math.sin(i);
      g[i] = Math.cos(3 * i);
      expected.p[i] = p[i]!;
    }
    const [rate, beta1, beta2, epsilon, decay] = [1e-2, 0.9, 0.99, 1e-8, 0.1];
    for (let step = 1; step <= 3; step++) {
      const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
      const half = n / 2;
      team.run(
        [0, half].map((at) => ({
          memory: 0,
          kernel: 'adamw' as const,
          args: [
            ...[p, m, v, g].map((array) => array.byteOffset + at * 4),
            half,
            beta1,
            beta2,
            1 - rate * decay,
            (rate * (1 - beta1) * root) / (1 - beta1 ** step),
            epsilon * root,
            0.5,
          ],
        })),
      );
      for (let i = 0; i < n; i++) {
        const gradient = g[i]! * 0.5;
        expected.m[i] = beta1 * expected.m[i]! + (1 - beta1) * gradient;
        expected.v[i] = beta2 * expected.v[i]! + (1 - beta2) * gradient * gradient;
        const corrected = expected.m[i]! / (1 - beta1 ** step);
        const variance = expected.v[i]! / (1 - beta2 ** step);
        expected.p[i] = expected.p[i]! * (1 - rate * decay) - (rate * corrected) / (Math.sqrt(variance) + epsilon);
      }
    }
    for (let i = 0; i < n; i++) expect(p[i]).toBeCloseTo(expected.p[i]!, 5);
  });

  it('sums squares per block in double precision', () => {
    const x = shared.floats(24).map((_, i) => i) as Float32Array;
    const array = shared.floats(24);
    array.set(x);
    const out = shared.doubles(3);
    team.run([{ memory: 0, kernel: 'sumOfSquares', args: [array.byteOffset, 24, 8, out.byteOffset] }]);
    const block = (from: number): number =>
      [...x.subarray(from, from + 8)].reduce((sum, value) => sum + value * value, 0);
    expect([...out]).toEqual([block(0), block(8), block(16)]);
  });

  it('adds rows to a table, repeated rows included', () => {
    const table = shared.floats(3 * 4);
    const rows = shared.floats(4 * 4);
    rows.set(Array.from({ length: 16 }, (_, i) => i));
    const ids = shared.integers(4);
    ids.set([2, 0, 2, 2]);
    team.kernels(0).addRows(table.byteOffset, rows.byteOffset, ids.byteOffset, 4, 4);
    expect([...table]).toEqual([4, 5, 6, 7, 0, 0, 0, 0, 0 + 8 + 12, 1 + 9 + 13, 2 + 10 + 14, 3 + 11 + 15]);
  });

  it('makes dropout masks of the wanted rate that depend on their arguments only', () => {
    const whole = shared.floats(4096);
    const part = shared.floats(1024);
    const threshold = Math.round(0.2 * 2 ** 32) | 0;
    const { dropoutMask } = team.kernels(0);
    dropoutMask(whole.byteOffset, 4096, 0, 7, 9, threshold, 1.25);
    dropoutMask(part.byteOffset, 1024, 2048, 7, 9, threshold, 1.25);
    expect([...part]).toEqual([...whole.subarray(2048, 3072)]);
    const dropped = whole.filter((value) => value === 0).length / 4096;
    expect(dropped).toBeGreaterThan(0.17);
    expect(dropped).toBeLessThan(0.23);
    dropoutMask(part.byteOffset, 1024, 2048, 8, 9, threshold, 1.25);
    expect([...part]).not.toEqual([...whole.subarray(2048, 3072)]);
  });
});
