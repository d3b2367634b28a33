import { expect, it, vi } from 'vitest';
import { callerBy } from '../../../testing/callers.ts';
import { temporaryHome } from '../../../testing/temporary-home.ts';
import type { Machine } from '../../planning/machines/machine.ts';
import { thisMachine } from '../../planning/machines/measure-machine.ts';
import { measuredMachine } from './measured-machine.ts';

vi.mock('../../planning/machines/measure-machine.ts', async (original) => ({
  ...(await original<typeof import('../../planning/machines/measure-machine.ts')>()),
  thisMachine: vi.fn(),
}));

it('measures once for all who wait at a connection, and asks them back instead of holding them', async () => {
  const measured = { id: 'this-machine' } as Machine;
  let finish: (machine: Machine) => void = () => {};
  const measuring = new Promise<Machine>((resolve) => {
    finish = resolve;
  });
  vi.mocked(thisMachine).mockReturnValue(measuring);
  const folder = temporaryHome();
  const ask = (channel: 'mcp' | 'http', milliseconds: number) => {
    const work = { report: () => {}, signal: new AbortController().signal };
    return measuredMachine(folder, { ...work, caller: callerBy(channel, 'x'), jobId: undefined }, {}, milliseconds);
  };
  for (const channel of ['mcp', 'http'] as const) {
    await expect(ask(channel, 20)).rejects.toMatchObject({
      kind: 'unavailable',
      remedy: expect.stringContaining('Ask again'),
      retryAfterSeconds: 60,
    });
  }
  const waiting = ask('mcp', 20_000);
  finish(measured);
  expect(await waiting).toBe(measured);
  expect(thisMachine).toHaveBeenCalledTimes(1);
});
