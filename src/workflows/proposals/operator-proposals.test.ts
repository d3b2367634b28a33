import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import { Catalogue } from '../../akamai/catalogue/catalogue.ts';
import { catalogueOperations, operatorProposals, proposalsOf } from './operator-proposals.ts';

const answer = (content: string, ...logprobs: number[]) => ({
  choices: [{ message: { content }, logprobs: { content: logprobs.map((logprob) => ({ token: 'x', logprob })) } }],
});
const purge = (action: string) =>
  answer(`{"operation":"purge.tag","arguments":{"tags":["sale"],"action":"${action}"}}`, -0.01, Math.log(0.9), 0);

describe('a proposal', () => {
  it('names an operation of the catalogue, as sure as its least sure token', () => {
    expect(proposalsOf(purge('INVALIDATE'))).toEqual([
      { api: 'ccu', operationId: 'post-invalidate-tag', confidence: expect.closeTo(0.9) },
    ]);
    expect(proposalsOf(purge('DELETE'))).toMatchObject([{ operationId: 'post-delete-tag' }]);
  });

  it.each([
    answer('{"operation":"none","arguments":{}}', -0.01),
    answer('{"operation":"purge.tag","arguments":{}}', -0.01),
    answer('I would purge it.', -0.01),
    { choices: [{ message: { content: '{}' } }] },
    { error: 'no such model' },
    undefined,
  ])('is nothing where the answer is none: %j', (given) => {
    expect(proposalsOf(given)).toEqual([]);
  });

  it('has an operation of the catalogue for everything that the model can say', () => {
    const catalogue = Catalogue.load();
    for (const name of Object.values(catalogueOperations)) {
      const [api = '', operationId = ''] = name.split(' ');
      expect(catalogue.find(api, operationId).operationId).toBe(operationId);
    }
  });
});

describe('asking', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.closeAllConnections();
  });

  async function withServer(answers: boolean, waitMilliseconds: number) {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      if (answers) response.end(JSON.stringify(purge('INVALIDATE')));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const services = temporaryServices({ FTS_SERVER_PORT: String((server.address() as AddressInfo).port) });
    const ask = () => operatorProposals('purge the tag sale', services, new AbortController().signal, waitMilliseconds);
    return { services, ask, asked: () => asked };
  }

  const deployOperator = ({ registry }: ReturnType<typeof temporaryServices>): void => {
    registry.deployments = () => [{ name: 'operator', artifact: 'a' }] as ReturnType<typeof registry.deployments>;
    registry.artifact = () => ({ model: 'm' }) as ReturnType<typeof registry.artifact>;
    registry.model = () => ({ run: 'r' }) as ReturnType<typeof registry.model>;
    registry.run = () => ({ kind: 'operator' }) as ReturnType<typeof registry.run>;
  };

  it('is done where an operator model is deployed, and only there', async () => {
    const { services, ask, asked } = await withServer(true, 20_000);
    expect(await ask()).toEqual([]);
    expect(asked()).toBe(0);
    deployOperator(services);
    expect(await ask()).toMatchObject([{ operationId: 'post-invalidate-tag' }]);
  });

  it('gives up on a server that does not answer', async () => {
    const { services, ask, asked } = await withServer(false, 1000);
    deployOperator(services);
    expect(await ask()).toEqual([]);
    expect(asked()).toBe(1);
  });
});
