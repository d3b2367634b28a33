import { describe, expect, it } from 'vitest';
import { Catalogue } from '../catalogue.ts';
import { effectOf } from './effect.ts';
import { REVIEWED_EFFECTS } from './reviewed-effects.ts';

describe('the effect of an operation', () => {
  it('follows from method and words', () => {
    expect(effectOf('x-v1', 'get-things', 'GET', '/things')).toBe('read');
    expect(effectOf('x-v1', 'delete-thing', 'DELETE', '/things/{id}')).toBe('destructive');
    expect(effectOf('x-v1', 'post-things-search', 'POST', '/things/search')).toBe('read');
    expect(effectOf('x-v1', 'post-thing-deactivate', 'POST', '/things/{id}/deactivate')).toBe('destructive');
    expect(effectOf('x-v1', 'put-thing', 'PUT', '/things/{searchId}')).toBe('write');
  });

  it('has no exception for an operation that does not exist', () => {
    const known = new Set(Catalogue.load().operations.map(({ api, operationId }) => `${api} ${operationId}`));
    expect([...REVIEWED_EFFECTS.keys()].filter((key) => !known.has(key))).toEqual([]);
  });

  it('is never "read" for a PUT, PATCH or DELETE, and never anything else for a GET', () => {
    for (const { method, effect } of Catalogue.load().operations) {
      if (method === 'GET' || method === 'HEAD') expect(effect).toBe('read');
      if (method === 'PUT' || method === 'PATCH' || method === 'DELETE') expect(effect).not.toBe('read');
    }
  });
});
