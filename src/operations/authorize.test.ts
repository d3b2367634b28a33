import { describe, expect, it } from 'vitest';
import { assistantCaller, callerBy } from '../../testing/callers.ts';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { type Scope, scopes } from '../access/api-keys.ts';
import { type Caller, keylessCaller, mayUse } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';
import { authorize } from './authorize.ts';
import { callOperation, submitOperation } from './call-operation.ts';
import { findOperation, operations } from './find-operation.ts';
import type { Operation } from './operation.ts';

/** The field at fault where a caller is refused before anything else is looked at; undefined where they may. */
function refusedFor(operation: Operation, caller: Caller): string | undefined {
  try {
    authorize(operation, caller);
    return undefined;
  } catch (thrown) {
    const error = FtsError.from(thrown);
    if (error.kind !== 'forbidden') throw error;
    return error.field;
  }
}

const everyCaller: Caller[] = (['terminal', 'mcp', 'http', 'console', 'system'] as const).flatMap((channel) =>
  (['terminal', 'stdio', 'none', 'key', 'token', 'system'] as const).flatMap((credential) =>
    [[], ...scopes.map((scope) => [scope]), [...scopes]].map((granted) => ({
      name: 'x',
      channel,
      credential,
      scopes: granted,
    })),
  ),
);
const access = operations.filter(({ effect }) => effect === 'access');
const call = (name: string, input: object, caller: Caller, services = temporaryServices()) =>
  callOperation(findOperation(name), input, services, {
    report: () => {},
    signal: AbortSignal.timeout(20_000),
    caller,
  });

describe('who may call what, on every face', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
    for (const caller of everyCaller) {
      const allowed =
        mayUse(caller, operation.scope) &&
        !(operation.personOnly === true && caller.channel === 'mcp') &&
        !(operation.effect === 'access' && caller.credential === 'none');
      expect(refusedFor(operation, caller) === undefined, JSON.stringify(caller)).toBe(allowed);
    }
  });

  it('counts as access whatever changes keys, approvers or settings', () => {
    expect(access.map(({ name }) => name)).toEqual(expect.arrayContaining(['keys.create', 'keys.revoke']));
    // A person's, and yet no change of who may do what: each has a rule of its own.
    const otherwise = ['akamai.approve', 'akamai.deny', 'audit.export', 'approvers.passkey.add', 'backup'];
    for (const { name, effect, personOnly } of operations) {
      if (effect === 'read' || otherwise.includes(name)) continue;
      const isAccess = personOnly === true || /^(keys|approvers|config|settings)\b/.test(name);
      expect([name, effect === 'access']).toEqual([name, isAccess]);
    }
  });

  it('is asked before the input is looked at, for a job too', async () => {
    for (const { name } of access) {
      await expect(call(name, { nonsense: true }, keylessCaller)).rejects.toMatchObject({ kind: 'forbidden' });
      await expect(call(name, { nonsense: true }, assistantCaller)).rejects.toMatchObject({ kind: 'forbidden' });
    }
    const reader: Caller = { ...callerBy('http', 'reader'), scopes: ['read'] };
    const services = temporaryServices();
    expect(() => submitOperation(findOperation('train'), {}, services, reader)).toThrow(/needs the scope "train"/);
    expect(services.jobs.list({ limit: 10 })).toEqual([]);
  });

  it('lets nobody stop or resume work that they could not start', async () => {
    const services = temporaryServices();
    const trainer: Caller = { ...callerBy('http', 'trainer'), scopes: ['read', 'train'] };
    const { id } = services.jobs.submit('benchmark', {});
    for (const name of ['jobs.cancel', 'jobs.resume']) {
      await expect(call(name, { id }, trainer, services)).rejects.toMatchObject({ kind: 'forbidden', value: 'serve' });
    }
    expect(services.jobs.get(id).state).toBe('queued');
  });
});

describe('a key', () => {
  it.each(scopes.map((scope) => [scope]))('with %s is made only by who has it', async (wanted) => {
    for (const own of [['admin'], ['read', 'plan'], scopes.filter((scope) => scope !== 'admin')] satisfies Scope[][]) {
      const services = temporaryServices();
      const maker: Caller = { ...callerBy('http', 'maker'), scopes: own };
      const making = call('keys.create', { name: 'made', scopes: [wanted] }, maker, services);
      if (mayUse(maker, 'admin')) await expect(making).resolves.toMatchObject({ key: { scopes: [wanted] } });
      else {
        await expect(making).rejects.toMatchObject({ kind: 'forbidden', field: 'scope', value: 'admin' });
        expect(services.keys.list()).toEqual([]);
      }
    }
  });
});
