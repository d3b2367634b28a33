import { describe, expect, it } from 'vitest';
import { choosePrompts, type PendingPrompt } from './prompt-order.ts';

const prompt = (remaining: number, arrivedMs = 0): PendingPrompt => ({ remaining, arrivedMs, stepsWaited: 0 });
const counts = (pieces: readonly { count: number }[]) => pieces.map(({ count }) => count);

describe('choosing the prompts of a step', () => {
  it('takes those nearest their first token first, up to the budget', () => {
    expect(counts(choosePrompts([prompt(300), prompt(90)], 256, 256))).toEqual([90, 166]);
  });

  it('prefers the one that arrived first among equals', () => {
    const [late, early] = [prompt(90, 2), prompt(90, 1)];
    expect(choosePrompts([late, early], 100, 256).map((piece) => piece.prompt)).toEqual([early, late]);
  });

  it('lets a short prompt pass a long one, but only once in a row', () => {
    const long = prompt(1000);
    const first = choosePrompts([long, prompt(20)], 256, 256);
    expect(counts(first)).toEqual([20]);
    choosePrompts([long, prompt(20)], 256, 256);
    expect(choosePrompts([long, prompt(20)], 256, 256)[0]!.prompt).toBe(long);
  });
});
