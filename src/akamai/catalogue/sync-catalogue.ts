import { createWriteStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { request } from 'undici';
import { parse as parseYaml } from 'yaml';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { Work } from '../../runtime/progress.ts';
import type { ApiShapes, CatalogueIndex } from './facts.ts';
import { apiFromOpenApi, type GeneratedApi } from './generate/api-from-openapi.ts';
import { writeCatalogue } from './generate/write-catalogue.ts';

const AKAMAI_ARCHIVE = 'https://codeload.github.com/akamai/akamai-apis/tar.gz/refs/heads/main';
const LINODE_DOCUMENT = 'https://raw.githubusercontent.com/linode/linode-api-docs/development/openapi.yaml';
const LARGEST_DOWNLOAD_BYTES = 512 * 1024 * 1024;

export interface SyncOptions extends Work {
  /** The catalogue to start from: an API without a readable document keeps what this one says of it. */
  packedFolder: string;
  targetFolder: string;
  /** A checkout of the public repository, or an archive's address; its default address without one. */
  source?: string | undefined;
  /** A file or address of Akamai Cloud's document; its default address without one. */
  cloudSource?: string | undefined;
}

export interface SyncResult {
  apis: number;
  operations: number;
  /** APIs read from the source. */
  refreshed: string[];
  /** APIs kept from the packed catalogue, and why. */
  kept: { api: string; reason: string }[];
  added: string[];
  removed: string[];
}

/**
 * Makes a catalogue with full texts from the published OpenAPI documents and puts it in `targetFolder` in one step. An
 * API whose document is missing or broken stays as it was: the result names it.
 */
export async function syncCatalogue(options: SyncOptions): Promise<SyncResult> {
  const temporary = await mkdtemp(join(tmpdir(), 'fts-sync-'));
  try {
    const packed = readPacked(options.packedFolder);
    const apis = new Map<string, GeneratedApi>();
    const kept: SyncResult['kept'] = [];
    const take = (id: string, read: () => unknown) => {
      try {
        apis.set(id, apiFromOpenApi(id, read()));
      } catch (error) {
        kept.push({ api: id, reason: (error as Error).message });
      }
    };
    options.report({ stage: 'read documents', done: 0 });
    const checkout = await obtainCheckout(options, temporary);
    for (const { id, path } of documentsIn(checkout)) {
      throwIfAborted(options.signal);
      take(id, () => JSON.parse(readFileSync(path, 'utf8')));
      options.report({ stage: 'read documents', done: apis.size, unit: 'items' });
    }
    if (apis.size === 0) {
      throw new FtsError('not-found', 'The source has no OpenAPI documents (apis/NAME/VERSION/openapi.json).', {
        field: 'source',
        value: options.source ?? AKAMAI_ARCHIVE,
        remedy: 'Name a checkout of the public repository of Akamai’s API documents.',
      });
    }
    const cloud = options.cloudSource ?? (options.source === undefined ? LINODE_DOCUMENT : undefined);
    if (cloud !== undefined) {
      const text = await obtainText(cloud, temporary, options).catch((error: Error) => error);
      take('linode-v4', () => {
        if (text instanceof Error) throw text;
        return parseYaml(text);
      });
    }
    const refreshed = [...apis.keys()].sort();
    for (const [id, api] of packed) {
      if (apis.has(id)) continue;
      apis.set(id, api);
      if (!kept.some((entry) => entry.api === id)) kept.push({ api: id, reason: 'no document in the source' });
    }
    const sources = [options.source ?? AKAMAI_ARCHIVE, ...(cloud === undefined ? [] : [cloud])];
    await writeCatalogue(options.targetFolder, [...apis.values()], { sources, texts: true });
    const before = operationKeys(packed.values());
    const after = operationKeys(apis.values());
    return {
      apis: apis.size,
      operations: after.size,
      refreshed,
      kept: kept.filter(({ api }) => apis.has(api) || packed.has(api)),
      added: [...after].filter((key) => !before.has(key)),
      removed: [...before].filter((key) => !after.has(key)),
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function readPacked(folder: string): Map<string, GeneratedApi> {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as CatalogueIndex;
  return new Map(
    index.apis.map((facts) => {
      const shapes = JSON.parse(readFileSync(join(folder, 'apis', `${facts.id}.json`), 'utf8')) as ApiShapes;
      return [facts.id, { facts, shapes, texts: {} }];
    }),
  );
}

function operationKeys(apis: Iterable<GeneratedApi>): Set<string> {
  return new Set([...apis].flatMap(({ facts }) => facts.operations.map((operation) => `${facts.id} ${operation.id}`)));
}

/** `apis/NAME/VERSION/openapi.json`; one without a version folder is its document's own version. */
function* documentsIn(checkout: string): Iterable<{ id: string; path: string }> {
  const root = join(checkout, 'apis');
  if (!existsSync(root)) return;
  for (const name of readdirSync(root).sort()) {
    const flat = join(root, name, 'openapi.json');
    if (existsSync(flat)) yield { id: `${name}-v1`, path: flat };
    if (!statSync(join(root, name)).isDirectory()) continue;
    for (const version of readdirSync(join(root, name)).sort()) {
      const path = join(root, name, version, 'openapi.json');
      if (/^v\d+$/.test(version) && existsSync(path)) yield { id: `${name}-${version}`, path };
    }
  }
}

/** The folder that holds `apis/`: the named one, or where the downloaded archive was unpacked. */
async function obtainCheckout(options: SyncOptions, temporary: string): Promise<string> {
  const { source = AKAMAI_ARCHIVE } = options;
  if (!/^https?:/.test(source)) {
    if (!existsSync(source)) {
      throw new FtsError('not-found', `There is no folder ${source}.`, { field: 'source', value: source });
    }
    return source;
  }
  const archive = join(temporary, 'documents.tar.gz');
  await download(source, archive, options);
  await extract({
    file: archive,
    cwd: temporary,
    strip: 1,
    filter: (path) => /^[^/]+\/apis\/.*openapi\.json$/.test(path) || /\/$/.test(path),
  });
  return temporary;
}

async function obtainText(source: string, temporary: string, work: Work): Promise<string> {
  if (!/^https?:/.test(source)) return readFileSync(source, 'utf8');
  const file = join(temporary, 'cloud.yaml');
  await download(source, file, work);
  return readFileSync(file, 'utf8');
}

async function download(address: string, file: string, work: Work): Promise<void> {
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.hostname !== '127.0.0.1') {
    throw new FtsError('invalid-input', 'Documents are downloaded over https only.', {
      field: 'source',
      value: address,
    });
  }
  const { statusCode, body } = await request(url, { signal: work.signal }).catch((error: Error) => {
    throwIfAborted(work.signal);
    throw new FtsError('unavailable', `${url.host} does not answer: ${error.message}`, {
      field: 'source',
      value: address,
      remedy: 'Check the network, or name a checkout of the repository with --source.',
      cause: error,
    });
  });
  if (statusCode !== 200) {
    throw new FtsError('unavailable', `${url.host} answered ${statusCode}.`, { field: 'source', value: address });
  }
  let bytes = 0;
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.byteLength;
        if (bytes > LARGEST_DOWNLOAD_BYTES) throw new FtsError('exhausted', `${address} is too large.`);
        work.report({ stage: 'download', done: bytes, unit: 'bytes' });
        yield chunk;
      }
    },
    createWriteStream(file),
    { signal: work.signal },
  );
}
