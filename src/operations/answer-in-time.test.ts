import { expect, it } from 'vitest';
import { callerBy } from '../../testing/callers.ts';
import { throwIfAborted } from '../errors/fts-error.ts';
import { answerInTime } from './answer-in-time.ts';

const never = new AbortController().signal;
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

it('stops what takes too long for somebody who waits at a connection, whether or not it obeys', async () => {
  const obeys = async (signal: AbortSignal): Promise<void> => {
    await aborted(signal);
    throwIfAborted(signal);
  };
  for (const channel of ['mcp', 'http', 'console'] as const) {
    const caller = callerBy(channel, 'x');
    for (const work of [obeys, () => new Promise<void>(() => {})]) {
      await expect(answerInTime(caller, never, work, 20, 20)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('0.02 seconds'),
      });
    }
    expect(await answerInTime(caller, never, async () => 'done', 20, 20)).toBe('done');
  }
});

it('takes what an operation still answers after it was stopped, and its own errors as they are', async () => {
  const caller = callerBy('mcp', 'x');
  expect(await answerInTime(caller, never, (signal) => aborted(signal).then(() => 'so far'), 20, 5000)).toBe('so far');
  const failing = () => Promise.reject(new Error('of its own'));
  await expect(answerInTime(caller, never, failing, 20, 20)).rejects.toThrow('of its own');
});

it('lets a person in a terminal wait', async () => {
  const slow = () => new Promise((resolve) => setTimeout(() => resolve('done'), 60));
  expect(await answerInTime(callerBy('terminal', 'ana'), never, slow, 10, 10)).toBe('done');
});
