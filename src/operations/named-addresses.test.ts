import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callerBy } from '../../testing/callers.ts';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { mayHaveKey, requireReachable } from '../inputs/address.ts';
import { callOperation, submitOperation } from './call-operation.ts';
import { findOperation, operations } from './find-operation.ts';
import { namedBy } from './named-fields.ts';

const thief = 'http://127.0.0.1:18923/v1';
const others = (['mcp', 'http', 'console'] as const).map((channel) => callerBy(channel, 'x'));
const terminal = callerBy('terminal', 'ana');

describe('an address that an operation calls', () => {
  it('is refused at once to anybody but a terminal, unless the operator listed it', () => {
    for (const caller of others) {
      const services = temporaryServices();
      const benchmark = (url: string) =>
        submitOperation(findOperation('benchmark'), { model: 'operator', url }, services, caller);
      for (const url of [
        thief,
        'http://127.0.0.1.evil.example:8787',
        'http://127.0.0.1:8788',
        'https://127.0.0.1:8787',
      ])
        expect(() => benchmark(url)).toThrow(/Only addresses that the operator listed/);
      expect(() => benchmark('http://user:word@127.0.0.1:8787')).toThrow(/user name/);
      expect(() => benchmark('ftp://127.0.0.1:8787')).toThrow();
      expect(services.jobs.list({ limit: 10 })).toEqual([]);
      expect(benchmark('http://127.0.0.1:8787').state).toBe('queued');
    }
    const listed = temporaryServices({ FTS_ADDRESSES_ALLOW: 'http://127.0.0.1:18923' });
    for (const caller of [...others, terminal])
      expect(() => requireReachable('url', thief, { caller, config: listed.config })).not.toThrow();
    const { config } = temporaryServices();
    expect(() => requireReachable('url', thief, { caller: terminal, config })).not.toThrow();
  });

  it('may stand where a folder could: it is refused there too', async () => {
    const services = temporaryServices();
    const work = { report: () => {}, signal: new AbortController().signal };
    for (const caller of others) {
      const syncing = callOperation(findOperation('akamai.sync'), { source: thief }, services, { ...work, caller });
      await expect(syncing).rejects.toMatchObject({ kind: 'forbidden', field: 'source' });
    }
  });

  it('is of the one schema for addresses in every operation', () => {
    // Said of something on Akamai, or of the page that asks, and never called by us.
    const subjects = /^akamai\.url\.url$|\.origin$/;
    for (const { name, input } of operations) {
      for (const [field, schema] of Object.entries(input.shape)) {
        const json = JSON.stringify(z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }));
        if (!/"format":"uri"/.test(json) && !/^(url|address|endpoint|host|server)$/i.test(field)) continue;
        if (subjects.test(`${name}.${field}`)) continue;
        expect([`${name}.${field}`, namedBy(schema)]).toEqual([`${name}.${field}`, 'address']);
      }
    }
  });
});

describe('a key of the operator’s', () => {
  it('goes to the address that it is for and to no other', () => {
    const { config } = temporaryServices();
    for (const caller of others) {
      expect(mayHaveKey(thief, undefined, { caller, config })).toBe(false);
      expect(mayHaveKey('http://127.0.0.1:8787', undefined, { caller, config })).toBe(true);
    }
    expect(mayHaveKey(thief, undefined, { caller: terminal, config })).toBe(true);
    for (const caller of [...others, terminal]) {
      expect(mayHaveKey(thief, 'https://models.example/v1', { caller, config })).toBe(false);
      expect(mayHaveKey('https://models.example/', 'https://models.example/v1', { caller, config })).toBe(true);
    }
  });
});
