import { describe, expect, it } from 'vitest';
import { toolName } from '../mcp/tools/selection.ts';
import { operations } from '../operations/find-operation.ts';
import type { OperatorProposal } from '../operator/operations.ts';
import { operatorOperations } from '../operator/operations.ts';
import { proposedCall } from './proposal-to-call.ts';

const propose = (operation: OperatorProposal['operation'], values: Record<string, unknown>) =>
  proposedCall({ operation, arguments: values });

/** One proposal of each kind that has a tool, with everything said. */
const complete: [OperatorProposal['operation'], Record<string, unknown>][] = [
  ['purge.url', { urls: ['/a'], hostname: 'www.example.com', action: 'INVALIDATE', network: 'STAGING' }],
  ['purge.cpcode', { cpCodes: [12345], action: 'DELETE', network: 'PRODUCTION' }],
  ['purge.tag', { tags: ['sale'], action: 'INVALIDATE', network: 'STAGING' }],
  ['property.activate', { property: 'shop', version: 7, network: 'STAGING' }],
  ['property.rollback', { property: 'shop', network: 'PRODUCTION' }],
  ['property.get', { property: 'shop' }],
  ['property.list', {}],
  ['property.versions', { property: 'shop' }],
  ['property.hostnames', { property: 'shop' }],
  ['property.activations', { property: 'shop' }],
  ['property.search', { hostname: 'www.example.com' }],
  ['edgeworker.activate', { edgeWorker: '4242', version: '1.2', network: 'STAGING' }],
  ['edgeworker.rollback', { edgeWorker: '4242', network: 'STAGING' }],
  ['edgeworker.versions', { edgeWorker: '4242' }],
  ['edgeworker.activations', { edgeWorker: '4242' }],
  ['edgeworker.list', {}],
  ['certificate.get', { hostname: 'www.example.com' }],
  ['certificate.expiring', {}],
  ['error.explain', { reference: '18.4f2d1702.1670000000.1a2b3c' }],
  ['dns.zone.list', {}],
  ['dns.record.list', { zone: 'example.com', type: 'A' }],
  ['dns.record.add', { zone: 'example.com', name: 'www', type: 'A', ttl: 300, target: '192.0.2.1' }],
  ['dns.record.change', { name: 'www.example.com', type: 'A', target: '192.0.2.2' }],
  ['dns.record.delete', { name: 'www.example.com', type: 'A' }],
  ['edgekv.read', { namespace: 'n', group: 'g', key: 'k' }],
  ['edgekv.list', { namespace: 'n', group: 'g' }],
  ['edgekv.write', { namespace: 'n', group: 'g', key: 'k', value: 'v', network: 'STAGING' }],
  ['edgekv.delete', { namespace: 'n', group: 'g', key: 'k', network: 'STAGING' }],
  ['linode.list', { region: 'us-ord' }],
];

describe('a proposal of the operator model', () => {
  it.each(complete)('%s becomes a call that its tool accepts', (operation, values) => {
    expect(operatorOperations[operation].schema.safeParse(values).error).toBeUndefined();
    const call = propose(operation, values);
    if (call === undefined || !('tool' in call)) throw new Error(`no call: ${JSON.stringify(call)}`);
    const tool = operations.find(({ name }) => toolName(name) === call.tool)!;
    expect(tool.input.safeParse(call.arguments).error).toBeUndefined();
    // A change is planned; only a person lets it happen.
    expect(tool.effect).not.toBe('destructive');
  });

  it('makes URLs of paths, and full names of names in a zone', () => {
    expect(
      propose('purge.url', {
        urls: ['/a', 'https://b.example/c'],
        hostname: 'www.example.com',
        action: 'DELETE',
        network: 'STAGING',
      }),
    ).toMatchObject({
      arguments: {
        objects: ['https://www.example.com/a', 'https://b.example/c'],
        action: 'delete',
        network: 'STAGING',
      },
    });
    expect(
      propose('dns.record.add', { zone: 'example.com', name: 'www', type: 'A', target: '192.0.2.1' }),
    ).toMatchObject({
      arguments: { name: 'www.example.com', data: ['192.0.2.1'] },
    });
  });

  it('guesses nothing that the request left out', () => {
    expect(propose('purge.url', { urls: ['/a'], action: 'INVALIDATE', network: 'STAGING' })).toEqual({
      missing: ['hostname'],
    });
    expect(propose('property.activate', { property: 'shop' })).toEqual({ missing: ['network'] });
    expect(propose('edgekv.write', { key: 'k', value: 'v' })).toEqual({ missing: ['namespace', 'group', 'network'] });
  });

  it('of what has no tool is none', () => {
    expect(propose('networklist.list', {})).toBeUndefined();
  });
});
