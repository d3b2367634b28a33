import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { akamaiEdgeKv } from './akamai/edgekv.ts';
import { akamaiPurge } from './akamai/purge.ts';
import { akamaiUrl } from './akamai/url.ts';
import { operations } from './find-operation.ts';
import { requireNetwork } from './inputs/akamai.ts';

const withNetwork = operations.filter(({ input }) => 'network' in input.shape);

describe('the network of an Akamai operation', () => {
  it.each(withNetwork.map((operation) => [operation.name, operation] as const))(
    '%s takes it in upper and lower case, and no other word',
    (_name, { input }) => {
      const network = input.shape.network as z.ZodType;
      for (const word of ['STAGING', 'staging', 'Staging']) expect(network.parse(word)).toBe('STAGING');
      for (const word of ['PRODUCTION', 'production']) expect(network.parse(word)).toBe('PRODUCTION');
      for (const word of ['prod', 'stage', '', 1, null]) expect(network.safeParse(word).success).toBe(false);
    },
  );

  it.each(withNetwork.filter(({ scope }) => scope === 'plan').map((operation) => [operation.name, operation] as const))(
    '%s plans a change, so it has no default network',
    (_name, { input }) => {
      expect(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }).properties?.network).not.toHaveProperty(
        'default',
      );
      expect((input.shape.network as z.ZodType).safeParse(undefined).data).toBeUndefined();
    },
  );

  it('is asked for with both choices where a change leaves it out', () => {
    expect(akamaiPurge.input.safeParse({ objects: ['a'] }).error?.message).toMatch(/STAGING or PRODUCTION/);
    expect(() => requireNetwork(undefined, 'activate')).toThrow(/STAGING or PRODUCTION/);
  });

  it('is production for a read that leaves it out', () => {
    expect(akamaiEdgeKv.input.parse({})).toMatchObject({ network: 'PRODUCTION' });
    expect(akamaiUrl.input.parse({ url: 'https://www.example.com/' })).toMatchObject({ network: 'PRODUCTION' });
  });
});
