import type { PoolEvent } from './model-pool.ts';

/** Runs several generations of one request concurrently and yields their events as they arrive, each with its index. */
export async function* mergeChoices(
  choices: readonly AsyncGenerator<PoolEvent>[],
): AsyncGenerator<{ index: number; event: PoolEvent }> {
  const [only] = choices;
  if (choices.length === 1) {
    for await (const event of only!) yield { index: 0, event };
    return;
  }
  const pending = new Map(choices.map((choice, index) => [index, advance(choice, index)]));
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      if (result.done === true) pending.delete(index);
      else {
        pending.set(index, advance(choices[index]!, index));
        yield { index, event: result.value };
      }
    }
  } finally {
    for (const promise of pending.values()) promise.catch(() => undefined);
    for (const choice of choices) void choice.return(undefined).catch(() => undefined);
  }
}

async function advance(choice: AsyncGenerator<PoolEvent>, index: number) {
  return { index, result: await choice.next() };
}
