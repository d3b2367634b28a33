import { Parser, type ReadEntry } from 'tar';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';

/** https://techdocs.akamai.com/edgeworkers/docs/create-a-code-bundle */
const manifestSchema = z.looseObject({
  'edgeworker-version': z
    .string()
    .min(1)
    .max(32)
    .regex(/^[A-Za-z0-9._~-]+$/, 'must be letters, digits and . _ ~ -'),
  description: z.string().optional(),
});

/** Of any resource tier; the tier of the EdgeWorker may allow less, which Akamai's own validation tells. */
const largestCompressedBytes = 1024 * 1024;
const largestUnpackedBytes = 64 * 1024 * 1024;

export interface BundleReport {
  version: string;
  description: string | undefined;
  compressedBytes: number;
  files: { path: string; bytes: number }[];
  warnings: string[];
}

/** Reads a code bundle (.tgz) without unpacking it to disk and checks what Akamai would refuse. */
export function checkBundle(bytes: Uint8Array): BundleReport {
  if (bytes.byteLength > largestCompressedBytes) {
    throw refuse(
      'bundle',
      `it is ${bytes.byteLength} bytes; the limit is ${largestCompressedBytes}`,
      'Leave out what main.js does not import.',
    );
  }
  const files = unpack(bytes);
  const names = files.map((file) => file.path);
  const manifestFile = files.find((file) => file.path === 'bundle.json');
  for (const needed of ['bundle.json', 'main.js']) {
    if (names.includes(needed)) continue;
    const nested = names.find((name) => name.endsWith(`/${needed}`));
    const remedy =
      nested === undefined ? `Add ${needed}.` : `It is at ${nested}: pack the folder's content, not the folder.`;
    throw refuse(needed, 'it is missing at the top of the bundle', remedy);
  }
  const executable = files.find((file) => file.isExecutable);
  if (executable !== undefined) {
    throw refuse(
      executable.path,
      'it is executable, which Akamai refuses',
      `chmod -x ${executable.path}, and pack again.`,
    );
  }
  const manifest = parseJsonWith(manifestSchema, manifestFile?.text ?? '', 'bundle.json');
  const shown = names.filter((name) => /(^|\/)(\.git|node_modules|\.DS_Store)(\/|$)/.test(name));
  return {
    version: manifest['edgeworker-version'],
    description: manifest.description,
    compressedBytes: bytes.byteLength,
    files: files.map(({ path, bytes: size }) => ({ path, bytes: size })),
    warnings: shown.length === 0 ? [] : [`Probably not meant to be in it: ${shown.slice(0, 3).join(', ')}.`],
  };
}

interface UnpackedFile {
  path: string;
  bytes: number;
  isExecutable: boolean;
  text?: string;
}

function unpack(bytes: Uint8Array): UnpackedFile[] {
  const files: UnpackedFile[] = [];
  let total = 0;
  let problem: string | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => {
        total += chunk.length;
        if (total > largestUnpackedBytes) problem = `it unpacks to more than ${largestUnpackedBytes >> 20} MiB`;
        else if (entry.path.endsWith('bundle.json')) chunks.push(chunk);
      });
      entry.on('end', () => {
        if (entry.type !== 'File') return;
        const path = entry.path.replace(/^\.\//, '');
        const isExecutable = ((entry.mode ?? 0) & 0o111) !== 0;
        const text = Buffer.concat(chunks).toString('utf8');
        files.push({ path, bytes: entry.size, isExecutable, ...(chunks.length === 0 ? {} : { text }) });
      });
    },
  });
  parser.on('error', (error: Error) => {
    problem ??= `it is no gzipped tar archive (${error.message})`;
  });
  parser.end(Buffer.from(bytes));
  if (problem === undefined && files.length === 0) problem = 'it is empty or no gzipped tar archive';
  if (problem !== undefined) throw refuse('bundle', problem, 'Pack it with: tar czf bundle.tgz main.js bundle.json');
  return files;
}

function refuse(field: string, problem: string, remedy: string): FtsError {
  return new FtsError('invalid-input', `The code bundle cannot be used: ${field}: ${problem}.`, { field, remedy });
}
