import { describe, expect, it } from 'vitest';
import { FtsError } from '../../errors/fts-error.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import { CallValidator } from '../catalogue/validate-call.ts';
import type { AkamaiCaller, AkamaiRequest, AkamaiResponse } from './akamai-request.ts';
import { readOperation } from './read-operation.ts';

const catalogue = Catalogue.load();
const validator = new CallValidator(catalogue);

/** A caller that answers from a function and remembers what it was asked. */
function callerOf(answer: (request: AkamaiRequest, count: number) => unknown) {
  const asked: AkamaiRequest[] = [];
  const request = async (call: AkamaiRequest): Promise<AkamaiResponse> => {
    asked.push(call);
    return { status: 200, headers: {}, body: answer(call, asked.length) };
  };
  const caller: AkamaiCaller = { request, requestOk: request };
  return { asked, tools: { catalogue, validator, caller } };
}

const instances = catalogue.find('linode', 'get-linode-instances');
const page = (number: number, pages = 3) => ({
  page: number,
  pages,
  results: pages * 2,
  data: [{ id: number * 10 }, { id: number * 10 + 1 }],
});

describe('a read', () => {
  it('follows numbered pages to the end and joins their rows', async () => {
    const { tools, asked } = callerOf((call) => page(Number(call.query?.page ?? 1)));
    const result = await readOperation(tools, { operation: instances, input: {} });
    expect((result.body as { data: { id: number }[] }).data.map(({ id }) => id)).toEqual([10, 11, 20, 21, 30, 31]);
    expect([result.pages, result.rows, result.more]).toEqual([3, 6, undefined]);
    expect(asked.map((call) => call.query?.page)).toEqual([undefined, 2, 3]);
  });

  it('keeps the pages it has when a later one fails, and says how to go on', async () => {
    const { tools } = callerOf((call, count) => {
      if (count === 3) throw new FtsError('unavailable', 'Akamai answered 502.');
      return page(Number(call.query?.page ?? 1));
    });
    const result = await readOperation(tools, { operation: instances, input: {} });
    expect(result.rows).toBe(4);
    expect(result.more).toEqual({ reason: 'page 3 failed: Akamai answered 502.', query: { page: 3 } });
  });

  it('fails when the first page fails, and when it is cancelled', async () => {
    const { tools } = callerOf(() => {
      throw new FtsError('unavailable', 'Akamai answered 502.');
    });
    await expect(readOperation(tools, { operation: instances, input: {} })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    const cancelled = { operation: instances, input: {}, signal: AbortSignal.abort() };
    await expect(readOperation(tools, cancelled)).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('stops at the limit of rows and names the next page', async () => {
    const { tools } = callerOf((call) => page(Number(call.query?.page ?? 1), 100));
    const result = await readOperation(tools, { operation: instances, input: {}, maxRows: 4 });
    expect([result.rows, result.more]).toEqual([4, { reason: 'stopped at 4 rows', query: { page: 3 } }]);
  });

  it('does not run for ever against a server that ignores the page number', async () => {
    const { tools, asked } = callerOf(() => page(1, 1000));
    await readOperation(tools, { operation: instances, input: {} });
    expect(asked).toHaveLength(2);
  });

  it('follows a link to the next page of the same list only', async () => {
    const hostnames = catalogue.find('papi', 'get-hostnames');
    const answer = (next: string) => (_: AkamaiRequest, count: number) => ({
      hostnames: {
        items: [{ cnameFrom: `www${count}.example.com` }],
        totalItems: 2,
        ...(count === 1 ? { nextLink: next } : {}),
      },
    });
    const good = callerOf(answer('/papi/v1/hostnames?offset=1&limit=1'));
    expect((await readOperation(good.tools, { operation: hostnames, input: {} })).rows).toBe(2);
    expect(good.asked[1]?.query).toMatchObject({ offset: '1', limit: '1' });
    const bad = callerOf(answer('https://evil.example/papi/v1/steal?offset=1'));
    expect((await readOperation(bad.tools, { operation: hostnames, input: {} })).rows).toBe(1);
    expect(bad.asked).toHaveLength(1);
  });

  it('refuses an operation that changes something, before anything is sent', async () => {
    const { tools, asked } = callerOf(() => ({}));
    const operation = catalogue.find('linode', 'delete-linode-instance');
    const read = readOperation(tools, { operation, input: { path: { linodeId: 1 } } });
    await expect(read).rejects.toMatchObject({ kind: 'forbidden' });
    expect(asked).toEqual([]);
  });
});
