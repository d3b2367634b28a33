import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileModel, startHostileModel } from '../../testing/hostile-model.ts';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { callerOf } from '../mcp/protocol/caller.ts';
import { type Answered, ask, type Step } from './ask.ts';
import { type AskLimits, askLimitsOf } from './ask-budget.ts';
import { connectToOurselves } from './own-client.ts';

let hostile: HostileModel;
beforeAll(async () => {
  hostile = await startHostileModel();
});
afterAll(() => hostile.close());

async function askModel(model: string, limits: Partial<AskLimits> = {}): Promise<Answered & { steps: Step[] }> {
  const services = temporaryServices();
  const steps: Step[] = [];
  const client = await connectToOurselves(services, {
    version: '0.0.0',
    toolsets: ['default'],
    person: undefined,
    caller: callerOf(undefined),
  });
  hostile.heard.length = 0;
  try {
    const answered = await ask('do it', {
      client,
      model: { url: hostile.url, model },
      limits: { ...askLimitsOf(services.config.values), ...limits },
      onStep: (step) => steps.push(step),
      signal: new AbortController().signal,
    });
    return { ...answered, steps };
  } catch (error) {
    throw Object.assign(error as Error, { steps });
  } finally {
    await client.close();
  }
}

const stepsOf = (error: unknown): Step[] => (error as { steps: Step[] }).steps;

describe('asking a model that misbehaves', () => {
  it('stops reading an answer without an end, and closes its connection', async () => {
    await expect(askModel('never-ends', { bytes: 300_000 })).rejects.toMatchObject({ kind: 'exhausted' });
    while (hostile.sent().open > 0) await delay(5);
    // What the sockets hold comes on top of what was read.
    expect(hostile.sent().bytes).toBeLessThan(50_000_000);
    await expect(askModel('big')).rejects.toMatchObject({ kind: 'exhausted' });
  });

  it('waits no longer than it was allowed', async () => {
    await expect(askModel('hang', { answerSeconds: 1 })).rejects.toMatchObject({
      kind: 'unavailable',
      remedy: expect.stringContaining('ask.answer-seconds'),
    });
    await expect(askModel('hang', { seconds: 1 })).rejects.toMatchObject({
      kind: 'exhausted',
      field: 'ask.max-seconds',
    });
  });

  it('ends a model that makes the same call again and again', async () => {
    const error: unknown = await askModel('circle').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'exhausted', message: expect.stringContaining('jobs_list') });
    expect(stepsOf(error).filter(({ kind }) => kind === 'call')).toHaveLength(4);
  });

  it('carries out only so many calls of a round, tells the model so, and no more in all than allowed', async () => {
    const { steps, answer } = await askModel('many', { callsPerRound: 3, tokens: 1_000_000 });
    expect(answer).toBe('done');
    expect(steps.filter(({ kind }) => kind === 'call')).toHaveLength(3);
    expect(hostile.heard[1]!.messages.at(-1)!.content).toMatch(/2997 more calls of this round were not carried out/);
    await expect(askModel('many', { calls: 2, tokens: 1_000_000 })).rejects.toMatchObject({
      kind: 'exhausted',
      field: 'ask.max-calls',
    });
  });

  it('asks for no more tokens than are left, nor for another round than allowed', async () => {
    await expect(askModel('no-id', { tokens: 20 })).rejects.toMatchObject({ field: 'ask.max-tokens' });
    expect(hostile.heard.map(({ max_tokens: tokens }) => tokens)).toEqual([20]);
    await expect(askModel('no-id', { rounds: 1 })).rejects.toMatchObject({ field: 'ask.max-rounds' });
  });

  it.each([
    ['error-500', 'unavailable'],
    ['error-429', 'rate-limited'],
    ['error-401', 'unauthorized'],
    ['redirect', 'unavailable'],
    ['no-choice', 'corrupt'],
    ['html', 'corrupt'],
    ['empty', 'corrupt'],
  ])('says what is wrong with %s', async (model, kind) => {
    const error: unknown = await askModel(model).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, remedy: expect.stringMatching(/\.$/) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect((error as Error).message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(hostile.heard).toHaveLength(1);
  });

  it('understands calls without an id, and with arguments that are no text', async () => {
    for (const model of ['no-id', 'arguments-as-object']) {
      expect(await askModel(model)).toMatchObject({ answer: 'done', done: true });
    }
  });

  it('says that nothing was done where every call failed', async () => {
    for (const model of ['bad-arguments', 'no-such-tool', 'escapes-in-calls']) {
      const { done, steps } = await askModel(model);
      expect(done).toBe(false);
      expect(steps.every((step) => step.kind === 'call' || (step.kind === 'result' && step.failed))).toBe(true);
    }
  });
});
