import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalogue, PACKED_CATALOGUE } from './catalogue.ts';
import { describeOperation } from './describe-operation.ts';
import { CallValidator } from './validate-call.ts';

const catalogue = Catalogue.load();
const validator = new CallValidator(catalogue);
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('the catalogue', () => {
  it('has 1,961 operations of 61 APIs in less than 3 MB', () => {
    expect([catalogue.apis.length, catalogue.operations.length]).toEqual([61, 1961]);
    const bytes = (folder: string): number =>
      readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
        const path = join(folder, entry.name);
        return sum + (entry.isDirectory() ? bytes(path) : statSync(path).size);
      }, 0);
    expect(bytes(PACKED_CATALOGUE)).toBeLessThan(3_000_000);
  });

  it('finds an operation by id with or without version, by template and by a filled-in path', () => {
    const rules = catalogue.find('papi', 'get-property-version-rules');
    expect(catalogue.find('papi-v1', 'get-property-version-rules')).toBe(rules);
    expect(catalogue.find('GET', rules.path)).toBe(rules);
    expect(catalogue.match('get', '/papi/v1/properties/prp_1/versions/3/rules')).toEqual({
      operation: rules,
      pathValues: { propertyId: 'prp_1', propertyVersion: '3' },
    });
    expect(catalogue.find('identity-management', 'get-roles').api).toBe('identity-management-v3');
    expect(catalogue.match('GET', '/papi/v1/properties/prp_1/versions/latest')?.operation.operationId).toBe(
      'get-latest-property-version',
    );
    expect(catalogue.match('GET', '/v4/linode/instances/7')?.pathValues).toEqual({ apiVersion: 'v4', linodeId: '7' });
    expect(catalogue.match('GET', '/nothing/like/this')).toBeUndefined();
  });

  it('describes every operation', () => {
    for (const operation of catalogue.operations) {
      const description = describeOperation(catalogue, operation);
      expect(description.summary.length).toBeGreaterThan(8);
      expect(JSON.stringify(description).length).toBeLessThan(60_000);
    }
  });
});

describe('a call', () => {
  const purge = catalogue.find('ccu', 'post-invalidate-url');

  it('that fits is returned as it will leave', () => {
    const call = validator.validateCall(catalogue.find('papi', 'get-property'), {
      path: { propertyId: 'prp 1/2' },
      query: { contractId: 'ctr_1', groupId: 'grp_1' },
    });
    expect(call).toMatchObject({
      method: 'GET',
      path: '/papi/v1/properties/prp%201%2F2',
      query: { contractId: 'ctr_1', groupId: 'grp_1' },
      headers: { 'papi-use-prefixes': 'true', accept: 'application/json' },
      idempotent: true,
    });
  });

  it('that does not fit is refused with every problem by its place', () => {
    const told = messageOf(() =>
      validator.validateCall(purge, { path: { network: 'moon' }, query: { x: 1 }, body: { object: [] } }),
    );
    expect(told).toContain('body.objects: is required');
    expect(told).toContain('body.object: is not a known member');
    expect(told).toContain('query.x: unknown parameter');
    expect(told).toContain('path.network: must be one of staging, production');
  });

  it('needs its body, takes none where there is none, and cannot climb out of its path', () => {
    expect(messageOf(() => validator.validateCall(purge, { path: { network: 'staging' } }))).toContain(
      'body: is required',
    );
    const groups = catalogue.find('papi', 'get-groups');
    expect(messageOf(() => validator.validateCall(groups, { body: {} }))).toContain('takes no body');
    const property = catalogue.find('papi', 'get-property');
    expect(messageOf(() => validator.validateCall(property, { path: { propertyId: '..' } }))).toContain(
      'path.propertyId',
    );
  });

  it('takes the headers that anybody may set and refuses every other by name', () => {
    const operation = catalogue.find('papi', 'get-groups');
    const call = (name: string) => validator.validateCall(operation, { headers: { 'If-Match': 'y', [name]: 'x' } });
    expect(call('Accept-Language').headers).toMatchObject({ 'if-match': 'y', 'accept-language': 'x' });
    for (const name of ['Authorization', 'Host', 'X-HTTP-Method-Override', 'Cookie', 'X-Forwarded-For', 'Pragma']) {
      expect(() => call(name)).toThrow(expect.objectContaining({ kind: 'invalid-input', field: `headers.${name}` }));
    }
  });

  it('takes numbers and flags as text, and text where text is meant', () => {
    const instance = catalogue.find('linode', 'get-linode-instance');
    expect(validator.validateCall(instance, { path: { linodeId: '42' } }).path).toBe('/v4/linode/instances/42');
    expect(messageOf(() => validator.validateCall(instance, { path: { linodeId: 'x' } }))).toContain(
      'path.linodeId: must be integer',
    );
  });
});
