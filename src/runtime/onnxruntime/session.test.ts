import { expect, it } from 'vitest';
import { encodeModel } from './model-encoder.ts';
import { Session } from './session.ts';

it('computes brief runs on the calling thread and lets the event loop turn after each', async () => {
  const value = { name: 'x', type: 'float32', shape: [2] } as const;
  const session = new Session(
    encodeModel({
      nodes: [{ operator: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
      constants: [],
      inputs: [value],
      outputs: [{ ...value, name: 'y' }],
    }),
  );
  const [x, y] = [Float32Array.of(1, 2), new Float32Array(2)];
  const binding = session.bind({ x: { ...value, data: x } }, { y: { ...value, data: y } });
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  for (let round = 1; round <= 5; round++) {
    x.fill(round);
    await binding.runBriefly();
    expect([...y]).toEqual([-round, -round]);
    expect(turns).toBeGreaterThanOrEqual(round - 1);
  }
  clearImmediate(next);
  session.close();
});
