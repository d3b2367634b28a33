import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { forkSibling } from '../../runtime/child-entry.ts';
import type { Work } from '../../runtime/progress.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { matrixPeak } from '../../tensor/matrix-peak.ts';
import { inferenceMemory } from '../serving/inference-memory.ts';
import { decodeStepSeconds, speedModel } from '../time/forward-time.ts';
import { engineTrainingMemory } from '../training/engine-training-memory.ts';
import { type KernelSpeed, type Machine, type MeasuredSpeed, machineSchema, runtimeBytes } from './machine.ts';

export const thisMachineId = 'this-machine';

/** The block types that plans use; each takes about two seconds to measure. */
const measuredTypes = ['F32', 'F16', 'BF16', 'Q8_0', 'Q6_K', 'Q4_K', 'Q4_0'];

/** F32 gives the memory bandwidth; the engine is measured with models in the other two. */
const alwaysMeasured = ['F32', 'Q4_0', 'Q6_K'];

const betweenSchema = z.object({
  kind: z.literal('between'),
  valueSeconds: z.number(),
  attention: z.object({ tokens: z.array(z.number()), flopsPerSecond: z.array(z.number()) }),
  coldCache: z.object({ rowBytes: z.array(z.number()), secondsPerByte: z.array(z.number()) }),
});
const matrixSchema = z.object({
  kind: z.literal('matrix'),
  type: z.string(),
  tokens: z.array(z.number()),
  workingSets: z.array(z.number()),
  inputSeconds: z.number(),
  flopsPerSecond: z.array(z.array(z.number())),
});
const kernelMessageSchema = z.discriminatedUnion('kind', [betweenSchema, matrixSchema]);

const cachedSchema = z.object({ fingerprint: z.string(), machine: machineSchema });

/** The types that a plan for training uses. */
export const trainingTypes: readonly string[] = ['F32', 'BF16'];

/** Measures the engines on small models. The caller provides it, because planning must not import the engines. */
export interface EngineProbes {
  /** Decodes one sequence with a model in Q4_0. `processBytes` is null if the system does not report it. */
  serve(
    config: ModelConfig,
  ): Promise<{ decodeStepSeconds: number; contextTokens: number; processBytes: number | null }>;
  /** Peak bytes of a process while it trains. */
  train(config: ModelConfig, batch: number, length: number): Promise<number>;
}

/**
 * This machine as a catalogue entry: memory, the speed of ggml's kernels by weight type, batch size and working set,
 * and the overheads of the engines. Each type is measured once, when first needed, and cached in `cacheFolder` until
 * the processor, the number of threads or this schema changes.
 */
export async function thisMachine(
  cacheFolder: string,
  probes: EngineProbes,
  work: Work,
  options: { threads?: number | undefined; types?: readonly string[] | undefined } = {},
): Promise<Machine> {
  const threads = options.threads ?? availableParallelism();
  const path = join(cacheFolder, 'this-machine.json');
  const fingerprint = `8:${process.platform}-${process.arch}:${cpus()[0]?.model ?? 'unknown'}:${threads}`;
  const cached = readCached(path, fingerprint);
  const wanted = new Set([...alwaysMeasured, ...(options.types ?? measuredTypes)]);
  const missing = [...wanted].filter((type) => !(type in (cached?.measured?.kernels ?? {})));
  if (cached !== undefined && missing.length === 0) return cached;
  const { kernels, between } = await measureKernels(threads, missing, work);
  const known = cached?.measured;
  const merged = { ...known?.kernels, ...kernels };
  const measured: MeasuredSpeed =
    known === undefined
      ? await measureEngines(describeMachine(threads, { ...noOverheads, ...between, kernels: merged }), probes, work)
      : { ...known, kernels: merged };
  const machine = describeMachine(threads, measured);
  await writeFileAtomic(path, `${JSON.stringify({ fingerprint, machine }, null, 2)}\n`);
  return machine;
}

/** Returns undefined for an unreadable cache or one of another machine, so that everything is measured again. */
function readCached(path: string, fingerprint: string): Machine | undefined {
  try {
    const cached = cachedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return cached.fingerprint === fingerprint ? cached.machine : undefined;
  } catch {
    return undefined;
  }
}

const noOverheads = {
  passSeconds: 0,
  layerSeconds: 0,
  logitSeconds: 0,
  runtimeBytes: { serve: 1, train: 1 },
};

function describeMachine(threads: number, measured: MeasuredSpeed): Machine {
  const { kernels } = measured;
  const rate = (type: string) => Math.max(...(kernels[type]?.flopsPerSecond.flat() ?? []));
  const model = cpus()[0]?.model.trim() ?? 'processor';
  return parseWith(
    machineSchema,
    {
      id: thisMachineId,
      name: `This machine (${model}, ${threads} threads)`,
      kind: process.platform === 'darwin' && process.arch === 'arm64' ? 'apple' : 'cpu',
      memoryBytes: memoryBytes(),
      // One token does 2 operations per FP32 weight of 4 bytes; the largest working set is read from main memory.
      bandwidthBytesPerSecond: (kernels.F32!.flopsPerSecond.at(-1)![0]! / 2) * 4,
      flops: {
        fp32: Math.max(matrixPeak(), rate('F32')),
        ...(kernels.BF16 === undefined ? {} : { bf16: rate('BF16') }),
        ...(kernels.F16 === undefined ? {} : { fp16: rate('F16') }),
        ...(kernels.Q8_0 === undefined ? {} : { int8: rate('Q8_0') }),
      },
      prices: [],
      source: { text: 'measured', date: new Date().toISOString().slice(0, 10), verified: true },
      measured,
    },
    'the measurement of this machine',
  );
}

const probeBatch = { batch: 1, length: 32 };
const fewLayers = 2;
const manyLayers = 14;
const smallVocabulary = 512;
const largeVocabulary = 16_384;

/**
 * A model small enough for the overheads between its matrices to show, with matrices large enough to run efficiently.
 */
function probeConfig(layers: number, vocabSize: number): ModelConfig {
  return {
    family: 'llama',
    vocabSize,
    width: 256,
    layers,
    heads: 4,
    kvHeads: 2,
    headDim: 64,
    ffnWidth: 768,
    contextLength: 512,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [0],
  };
}

/**
 * Measures the overheads of the engines: seconds per pass, layer and logit, from three models that differ only in
 * layers or vocabulary, and the bytes of their processes beyond model and cache.
 */
async function measureEngines(machine: Machine, probes: EngineProbes, work: Work): Promise<MeasuredSpeed> {
  const report = (stage: string, done: number) => work.report({ stage, done, total: 2, unit: 'items' });
  report('measure the serving engine', 0);
  const beyondKernels = async (layers: number, vocabSize: number) => {
    throwIfAborted(work.signal);
    const config = probeConfig(layers, vocabSize);
    const { decodeStepSeconds: seconds, contextTokens, processBytes } = await probes.serve(config);
    const load = { format: 'Q4_0', cacheType: 'f16', contextTokens: 512, sequences: 1, prefillTokens: 256 } as const;
    return {
      seconds: seconds - decodeStepSeconds(speedModel(config, 'Q4_0', 'f16', machine), 1, contextTokens),
      bytes: processBytes === null ? null : processBytes - inferenceMemory(config, load, 0).total,
    };
  };
  const few = await beyondKernels(fewLayers, smallVocabulary);
  const many = await beyondKernels(manyLayers, smallVocabulary);
  const wide = await beyondKernels(fewLayers, largeVocabulary);
  const layerSeconds = Math.max(0, (many.seconds - few.seconds) / (manyLayers - fewLayers));
  const logitSeconds = Math.max(0, (wide.seconds - few.seconds) / (largeVocabulary - smallVocabulary));
  const passSeconds = Math.max(0, few.seconds - fewLayers * layerSeconds - smallVocabulary * logitSeconds);
  report('measure the training engine', 1);
  throwIfAborted(work.signal);
  const config = probeConfig(fewLayers, smallVocabulary);
  const { batch, length } = probeBatch;
  const trained = engineTrainingMemory(config, batch, length, 1, 0).total;
  const train = (await probes.train(config, batch, length)) - trained;
  report('measure the training engine', 2);
  const serve = few.bytes ?? runtimeBytes({ ...machine, measured: undefined }, 'serve');
  return { ...machine.measured!, passSeconds, layerSeconds, logitSeconds, runtimeBytes: { serve, train } };
}

/** Physical memory, or the container's limit if that is lower. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

type Between = Pick<MeasuredSpeed, 'valueSeconds' | 'attention' | 'coldCache'>;

function measureKernels(
  threads: number,
  types: readonly string[],
  work: Work,
): Promise<{ kernels: Record<string, KernelSpeed>; between: Between }> {
  return new Promise((resolve, reject) => {
    const child = forkSibling(import.meta.url, 'measure-kernels-child', [String(threads), ...types], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const kernels: Record<string, KernelSpeed> = {};
    let between: Between | undefined;
    let errors = '';
    const abort = () => child.kill('SIGKILL');
    work.signal.addEventListener('abort', abort, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    child.on('message', (message) => {
      const { kind, ...speeds } = kernelMessageSchema.parse(message);
      if (kind === 'between') between = speeds as Between;
      else {
        const { type, ...speed } = speeds as z.output<typeof matrixSchema>;
        kernels[type] = speed;
        const done = Object.keys(kernels).length;
        work.report({ stage: `measure ${type}`, done, total: types.length, unit: 'items' });
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      work.signal.removeEventListener('abort', abort);
      if (work.signal.aborted) return reject(new FtsError('cancelled', 'Cancelled.'));
      if (code === 0 && between !== undefined && types.every((type) => type in kernels))
        return resolve({ kernels, between });
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
