import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { downloadFile, HubApiError, listFiles } from '@huggingface/hub';
import { FtsError, throwIfAborted } from '../errors/fts-error.ts';

/** The Hugging Face Hub, or a mirror of it. */
export interface Hub {
  url: string;
  /** Opens repositories that are private or gated. */
  accessToken: string | undefined;
}

/** A repository, and which of its GGUF files is meant: a quantization such as `Q4_K_M`, or a file's name. */
export interface HubReference {
  repository: string;
  wanted: string | undefined;
}

export interface HubFile {
  path: string;
  bytes: number;
  /** Of files that are kept outside Git, which is all large ones. */
  sha256: string | undefined;
}

/** Which GGUF file to take where nobody said: fast on CPUs first, then small, then exact. */
const PREFERRED = ['Q4_0', 'Q4_K_M', 'Q8_0', 'F16', 'BF16'];
/** What a model in Hugging Face's layout consists of. */
const modelFile = /^[^/]+\.(json|jinja|safetensors)$/;

/** The hub that the environment names as Hugging Face's own tools do: `HF_ENDPOINT`, `HF_TOKEN`. */
export function hubOf(environment: NodeJS.ProcessEnv): Hub {
  return { url: environment.HF_ENDPOINT ?? 'https://huggingface.co', accessToken: environment.HF_TOKEN || undefined };
}

/** `hf.co/owner/name:Q4_K_M`, with or without the host and the tag; undefined for anything else. */
export function parseHubReference(name: string): HubReference | undefined {
  const pattern = /^(?:(?:https?:\/\/)?(?:hf\.co|huggingface\.co)\/)?([\w-][\w.-]*\/[\w-][\w.-]*)(?::([\w.-]+))?$/;
  const [, repository, tag] = pattern.exec(name) ?? [];
  return repository === undefined ? undefined : { repository, wanted: tag === 'latest' ? undefined : tag };
}

/**
 * The files of a repository that make a model: the GGUF file that is wanted, else the safetensors with what belongs to
 * them. Errors: `not-found`, `forbidden`, `unavailable` where the hub does not answer.
 */
export async function findHubFiles(hub: Hub, reference: HubReference, signal: AbortSignal): Promise<HubFile[]> {
  const { repository, wanted } = reference;
  const files: HubFile[] = [];
  try {
    const listing = listFiles({ repo: repository, recursive: true, ...connection(hub, signal) });
    for await (const { type, path, size, lfs } of listing) {
      if (type === 'file') files.push({ path, bytes: lfs?.size ?? size, sha256: lfs?.oid });
    }
  } catch (error) {
    throw explain(error, hub, repository, signal);
  }
  const ggufs = files.filter(({ path }) => /\.gguf$/i.test(path) && !/mmproj|-of-\d+\.gguf$/i.test(path));
  const chosen = wanted === undefined ? preferred(ggufs) : ggufs.find(({ path }) => isNamed(path, wanted));
  if (chosen !== undefined) return [chosen];
  const whole = files.filter(({ path }) => modelFile.test(path));
  if (wanted === undefined && whole.some(({ path }) => path.endsWith('.safetensors'))) return whole;
  throw new FtsError('not-found', `${repository} has no ${wanted ?? 'model'} that can be served.`, {
    field: 'model',
    value: wanted === undefined ? repository : `${repository}:${wanted}`,
    remedy:
      ggufs.length === 0
        ? 'Name a repository with a GGUF file in one piece, or with safetensors.'
        : `It has ${ggufs.map(({ path }) => path).join(', ')}.`,
  });
}

/**
 * Downloads one file to `target` and yields the bytes that are there. A download that was stopped goes on where it was;
 * the file takes its name when it is whole and its checksum holds. Errors: `corrupt`, `unavailable`, `cancelled`.
 */
export async function* downloadHubFile(
  hub: Hub,
  repository: string,
  file: HubFile,
  target: string,
  signal: AbortSignal,
): AsyncGenerator<number> {
  const partial = `${target}.partial`;
  await mkdir(dirname(target), { recursive: true });
  let done = (await stat(partial).catch(() => undefined))?.size ?? 0;
  if (done > file.bytes) done = 0;
  const hash = createHash('sha256');
  await hashFile(partial, done, hash);
  yield done;
  const output = await open(partial, done === 0 ? 'w' : 'a');
  try {
    if (done < file.bytes) {
      const blob = await downloadFile({ repo: repository, path: file.path, ...connection(hub, signal) });
      if (blob === null) throw new FtsError('not-found', `${repository} no longer has ${file.path}.`);
      for await (const bytes of blob.slice(done, file.bytes).stream()) {
        await output.write(bytes);
        hash.update(bytes);
        done += bytes.length;
        yield done;
      }
    }
    await output.sync();
  } catch (error) {
    throw explain(error, hub, repository, signal);
  } finally {
    await output.close();
  }
  const sum = hash.digest('hex');
  if (done !== file.bytes || (file.sha256 !== undefined && sum !== file.sha256)) {
    await rm(partial);
    throw new FtsError('corrupt', `${file.path} did not arrive as ${repository} describes it.`, {
      field: 'sha256',
      value: sum,
      remedy: 'Pull it again.',
    });
  }
  await rename(partial, target);
}

async function hashFile(path: string, bytes: number, hash: Hash): Promise<void> {
  if (bytes === 0) return;
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
}

function preferred(files: readonly HubFile[]): HubFile | undefined {
  for (const name of PREFERRED) {
    const file = files.find(({ path }) => isNamed(path, name));
    if (file !== undefined) return file;
  }
  return files[0];
}

/** `model-Q4_K_M.gguf` is named `Q4_K_M`, and by its whole name; `model-IQ4_K.gguf` is not `Q4_K`. */
function isNamed(path: string, wanted: string): boolean {
  const name = path.split('/').at(-1)!.toLowerCase();
  const asked = wanted.toLowerCase();
  return (
    name === asked ||
    name
      .replace(/\.gguf$/, '')
      .split(/[.-]/)
      .includes(asked)
  );
}

function connection(hub: Hub, signal: AbortSignal) {
  const { url: hubUrl, accessToken } = hub;
  const stoppable: typeof fetch = (input, init) => fetch(input, { ...init, signal });
  return { hubUrl, fetch: stoppable, ...(accessToken === undefined ? {} : { accessToken }) };
}

function explain(error: unknown, hub: Hub, repository: string, signal: AbortSignal): FtsError {
  throwIfAborted(signal);
  if (error instanceof FtsError) return error;
  if (error instanceof HubApiError && [401, 403, 404].includes(error.statusCode)) {
    // The hub answers alike for what does not exist and for what the caller may not see.
    return new FtsError('not-found', `${hub.url} shows no ${repository}.`, {
      field: 'model',
      value: repository,
      remedy: 'Check the name; for a private or gated repository set HF_TOKEN.',
      cause: error,
    });
  }
  return new FtsError('unavailable', `${hub.url} does not answer (${reasonOf(error)}).`, {
    field: 'HF_ENDPOINT',
    value: hub.url,
    remedy: 'Check the network, set HF_ENDPOINT to a mirror, or pull the path of a file or folder on this machine.',
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
