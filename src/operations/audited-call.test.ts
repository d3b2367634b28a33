import { describe, expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import type { Caller } from '../access/caller.ts';
import { callOperation, submitOperation, workOn } from './call-operation.ts';
import { findOperation, operations } from './find-operation.ts';

const person: Caller = { name: 'ana', channel: 'terminal', credential: 'terminal', scopes: ['admin'] };
const work = () => ({ report: () => {}, signal: new AbortController().signal });

const call = (services: ReturnType<typeof temporaryServices>, name: string, input: object, caller = person) =>
  callOperation(findOperation(name), input, services, { ...work(), caller });

describe('an operation that changes something', () => {
  it.each(
    operations.filter(({ effect }) => effect !== 'read').map((operation) => [operation.name, operation] as const),
  )('%s leaves a row when it is refused', async (name, operation) => {
    const services = temporaryServices();
    const input = { nonsense: 1, note: 'x'.repeat(5000), password: 'hunter2' };
    const attempt = async (): Promise<unknown> =>
      operation.job
        ? submitOperation(
            operation,
            { ...input, name: 3, model: 3, artifact: 3, files: 3, recipe: 3 },
            services,
            person,
          )
        : callOperation(operation, { ...input, name: 3, planId: 3, id: 3, file: 3, from: 3 }, services, {
            ...work(),
            caller: person,
          });
    const outcome = await attempt().then(
      () => 'ok',
      () => 'not ok',
    );
    const [row] = services.audit.list({ limit: 1, action: name });
    expect(row).toMatchObject({ actor: 'ana', channel: 'terminal', action: name });
    expect(row?.outcome === 'ok').toBe(outcome === 'ok');
    const text = JSON.stringify(row);
    expect(text).not.toContain('hunter2');
    expect(text.length).toBeLessThan(6000);
  });

  it('leaves a row with its input and outcome, and never a secret', async () => {
    const services = temporaryServices();
    const { token } = (await call(services, 'keys.create', { name: 'robot', scopes: ['read'] })) as { token: string };
    await call(services, 'keys.revoke', { name: 'robot' });
    await expect(call(services, 'models.remove', { name: `no-${token}` })).rejects.toThrow();
    const rows = services.audit.list({ limit: 9 });
    expect(rows.map(({ action, subject, outcome }) => [action, subject, outcome])).toEqual([
      ['models.remove', 'no-[secret]', expect.stringMatching(/refused|failed/)],
      ['keys.revoke', 'robot', 'ok'],
      ['keys.create', 'robot', 'ok'],
    ]);
    expect(rows[2]?.details).toMatchObject({ credential: 'terminal', input: { name: 'robot', scopes: ['read'] } });
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(services.audit.verify()).toMatchObject({ verdict: 'intact', rows: 3 });
  });

  it('leaves rows at the submission and at the end of a job', async () => {
    const services = temporaryServices();
    const { id } = submitOperation(findOperation('models.import'), { source: '/nowhere' }, services, person);
    await workOn(services.jobs.claim(id), services, { stop: new AbortController().signal }).catch(() => {});
    expect(
      services.audit.list({ limit: 9 }).map(({ outcome, details }) => [outcome, details.job, details.state]),
    ).toEqual([
      ['failed', id, 'failed'],
      ['ok', id, 'queued'],
    ]);
  });
});

describe('an operation that only reads', () => {
  it('leaves no row, whether it succeeds or fails', async () => {
    const services = temporaryServices();
    await call(services, 'models.list', {});
    await call(services, 'models.show', { name: 'none' }).catch(() => {});
    expect(services.audit.list({ limit: 9 })).toEqual([]);
  });
});
