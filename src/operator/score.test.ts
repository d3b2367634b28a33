import { describe, expect, it } from 'vitest';
import { scoreOperator } from './score.ts';

const activate = { operation: 'property.activate', arguments: { property: 'shop', version: 3 } } as const;
const none = { operation: 'none', arguments: {} } as const;

describe('scoreOperator', () => {
  it('counts a proposal only if it is right as a whole, in any order of keys', () => {
    const score = scoreOperator([
      { expected: activate, answer: '{"arguments":{"version":3,"property":"shop"},"operation":"property.activate"}' },
      { expected: activate, answer: '{"operation":"property.activate","arguments":{"property":"shop","version":4}}' },
      { expected: activate, answer: '{"operation":"property.activate","arguments":{"property":"shop"}}' },
      { expected: activate, answer: '{"operation":"property.activate","arguments":{"property":"shop","version":"3"}}' },
      { expected: activate, answer: 'sure, here you are' },
    ]);
    expect(score.exactMatch).toBe(1 / 5);
    expect(score.operationMatch).toBe(3 / 5);
    expect(score.validRate).toBe(3 / 5);
    expect(score.argumentMatch).toBe(4 / 10);
    expect(score.byOperation['property.activate']).toEqual({ examples: 5, exactMatch: 1 / 5, operationMatch: 3 / 5 });
  });

  it('counts refusals, right and wrong', () => {
    const refusal = '{"operation":"none","arguments":{}}';
    const score = scoreOperator([
      { expected: none, answer: refusal },
      { expected: none, answer: '{"operation":"property.list","arguments":{}}' },
      { expected: activate, answer: refusal },
      { expected: activate, answer: '{"operation":"property.activate","arguments":{"property":"shop","version":3}}' },
    ]);
    expect(score).toMatchObject({ refusalRate: 0.5, falseRefusalRate: 0.5, exactMatch: 0.5 });
  });
});
