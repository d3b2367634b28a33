import { expect, it } from 'vitest';
import type { Generation } from './generation.ts';
import { planDecoding, planPrompts } from './step-plan.ts';

const generation = (remaining: number) => ({ remaining, arrivedMs: 0, stepsWaited: 0 }) as Generation;

it('decodes every request whose prompt is in the cache, and prefills the others', () => {
  const running = [generation(300), generation(1), generation(90), generation(1)];
  expect(planDecoding(running, new Map()).map((row) => row.generation)).toEqual([running[1], running[3]]);
  expect(planPrompts(running, 256, 256).map((row) => [row.generation, row.count])).toEqual([
    [running[2], 90],
    [running[0], 166],
  ]);
});
