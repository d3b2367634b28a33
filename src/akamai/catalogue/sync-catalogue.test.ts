import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalogue, PACKED_CATALOGUE } from './catalogue.ts';
import { describeOperation } from './describe-operation.ts';
import { syncCatalogue } from './sync-catalogue.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fts-sync-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const document = {
  openapi: '3.0.3',
  info: { title: 'Akamai: Site Shield API', version: 'v1' },
  servers: [{ url: 'https://{hostname}/siteshield/v1' }],
  paths: {
    '/maps': {
      get: { operationId: 'get-maps', summary: 'List maps', description: 'All maps of the account.', responses: {} },
    },
    '/maps/{id}/history': {
      parameters: [{ $ref: '#/components/parameters/Id' }],
      get: { operationId: 'get-map-history', summary: 'Get history', responses: { 200: { description: '' } } },
    },
  },
  components: { parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'integer' } } } },
};

function checkout(): string {
  const root = join(folder, 'repository');
  mkdirSync(join(root, 'apis/siteshield/v1'), { recursive: true });
  writeFileSync(join(root, 'apis/siteshield/v1/openapi.json'), JSON.stringify(document));
  mkdirSync(join(root, 'apis/taas/v2'), { recursive: true });
  writeFileSync(join(root, 'apis/taas/v2/openapi.json'), '{ cut off');
  return root;
}

const work = { report: () => {}, signal: new AbortController().signal };
const target = () => join(folder, 'synced');

describe('a sync', () => {
  it('reads a checkout, keeps what it cannot read, and is used from then on with full texts', async () => {
    const result = await syncCatalogue({
      ...work,
      packedFolder: PACKED_CATALOGUE,
      targetFolder: target(),
      source: checkout(),
    });
    expect(result.refreshed).toEqual(['siteshield-v1']);
    expect(result.added).toEqual(['siteshield-v1 get-map-history']);
    expect(result.removed).toEqual(['siteshield-v1 get-map', 'siteshield-v1 post-map-acknowledge']);
    expect(result.kept.find(({ api }) => api === 'taas-v2')?.reason).toMatch(/JSON/);
    expect(result.apis).toBe(61);
    const catalogue = Catalogue.load({ syncedFolder: target() });
    expect(catalogue.folder).toBe(target());
    expect(describeOperation(catalogue, catalogue.find('siteshield', 'get-maps')).published).toContain(
      'All maps of the account.',
    );
    expect(catalogue.find('GET', '/papi/v1/groups').operationId).toBe('get-groups');
  });

  it('reads a downloaded archive', async () => {
    checkout();
    const archive = join(folder, 'archive.tgz');
    await create({ file: archive, gzip: true, cwd: folder }, ['repository']);
    const server = createServer((_, response) => response.end(readFileSync(archive)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tgz`;
    try {
      const result = await syncCatalogue({ ...work, packedFolder: PACKED_CATALOGUE, targetFolder: target(), source });
      expect(result.refreshed).toEqual(['siteshield-v1']);
    } finally {
      server.close();
    }
  });

  it('that finds nothing leaves the catalogue in use alone', async () => {
    cpSync(PACKED_CATALOGUE, target(), { recursive: true });
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const sync = syncCatalogue({ ...work, packedFolder: PACKED_CATALOGUE, targetFolder: target(), source: empty });
    await expect(sync).rejects.toMatchObject({ kind: 'not-found', field: 'source' });
    expect(existsSync(join(target(), 'index.json'))).toBe(true);
  });
});
