import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import { forkSibling } from '../runtime/child-entry.ts';
import type { Work } from '../runtime/progress.ts';
import { writeFileAtomic } from '../store/atomic-file.ts';
import { matrixPeak } from '../tensor/matrix-peak.ts';
import { type KernelSpeed, type Machine, machineSchema } from './machine.ts';

export const thisMachineId = 'this-machine';

/** The block types that a plan may ask for; each takes about two seconds to measure. */
const measuredTypes = ['F32', 'F16', 'BF16', 'Q8_0', 'Q6_K', 'Q4_K', 'Q4_0'];

const kernelMessageSchema = z.object({
  type: z.string(),
  tokens: z.array(z.number()),
  flopsPerSecond: z.array(z.number()),
});

const cachedSchema = z.object({ fingerprint: z.string(), machine: machineSchema });

/** What a plan for training asks for. */
export const trainingTypes: readonly string[] = ['F32', 'BF16'];

/**
 * This machine as a catalogue entry: memory, and the speed of ggml's matrix kernels by weight type and batch. Each
 * type is measured once, when first asked for, and kept in `cacheFolder` until the processor, its core count or this
 * schema changes.
 */
export async function thisMachine(
  cacheFolder: string,
  work: Work,
  options: {
    threads?: number | undefined;
    remeasure?: boolean | undefined;
    types?: readonly string[] | undefined;
  } = {},
): Promise<Machine> {
  const threads = options.threads ?? availableParallelism();
  const path = join(cacheFolder, 'this-machine.json');
  const fingerprint = `4:${process.platform}-${process.arch}:${cpus()[0]?.model ?? 'unknown'}:${threads}`;
  const cached = options.remeasure === true ? undefined : readCached(path);
  const known = cached?.fingerprint === fingerprint ? (cached.machine.kernels ?? {}) : {};
  // F32 gives the memory's bandwidth, so that every plan needs it.
  const missing = ['F32', ...(options.types ?? measuredTypes)].filter((type) => !(type in known));
  if (cached !== undefined && missing.length === 0) return cached.machine;
  const kernels = { ...known, ...(await measureKernels(threads, [...new Set(missing)], work)) };
  const machine = describeMachine(threads, kernels);
  await writeFileAtomic(path, `${JSON.stringify({ fingerprint, machine }, null, 2)}\n`);
  return machine;
}

/** A cache that cannot be read is no error: it is measured again. */
function readCached(path: string): z.output<typeof cachedSchema> | undefined {
  try {
    return cachedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function describeMachine(threads: number, kernels: Record<string, KernelSpeed>): Machine {
  const f32 = kernels.F32!;
  const rate = (type: string) => Math.max(...(kernels[type]?.flopsPerSecond ?? []));
  const model = cpus()[0]?.model.trim() ?? 'processor';
  return parseWith(
    machineSchema,
    {
      id: thisMachineId,
      name: `This machine (${model}, ${threads} threads)`,
      kind: process.platform === 'darwin' && process.arch === 'arm64' ? 'apple' : 'cpu',
      memoryBytes: memoryBytes(),
      // One token against FP32 weights does 2 operations per 4 bytes: it runs at the memory's speed.
      bandwidthBytesPerSecond: (f32.flopsPerSecond[0]! / 2) * 4,
      flops: {
        fp32: Math.max(matrixPeak(), rate('F32')),
        ...(kernels.BF16 === undefined ? {} : { bf16: rate('BF16') }),
        ...(kernels.F16 === undefined ? {} : { fp16: rate('F16') }),
        ...(kernels.Q8_0 === undefined ? {} : { int8: rate('Q8_0') }),
      },
      prices: [],
      source: { text: 'measured', date: new Date().toISOString().slice(0, 10), verified: true },
      kernels,
    },
    'the measurement of this machine',
  );
}

/** Physical memory, or the container's limit where that is lower. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

function measureKernels(threads: number, types: readonly string[], work: Work): Promise<Record<string, KernelSpeed>> {
  return new Promise((resolve, reject) => {
    const child = forkSibling(import.meta.url, 'measure-kernels-child', [String(threads), ...types], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const kernels: Record<string, KernelSpeed> = {};
    let errors = '';
    const abort = () => child.kill('SIGKILL');
    work.signal.addEventListener('abort', abort, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    child.on('message', (message) => {
      const { type, tokens, flopsPerSecond } = kernelMessageSchema.parse(message);
      kernels[type] = { tokens, flopsPerSecond };
      const done = Object.keys(kernels).length;
      work.report({ stage: `measure ${type}`, done, total: types.length, unit: 'items' });
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      work.signal.removeEventListener('abort', abort);
      if (work.signal.aborted) return reject(new FtsError('cancelled', 'Cancelled.'));
      if (code === 0 && types.every((type) => type in kernels)) return resolve(kernels);
      reject(
        new FtsError('unavailable', `This machine could not be measured (${signal ?? `exit ${code}`}).`, {
          field: 'machine',
          value: thisMachineId,
          remedy: 'Name a machine of the catalogue with --machine instead.',
          cause: new Error(errors),
        }),
      );
    });
  });
}
