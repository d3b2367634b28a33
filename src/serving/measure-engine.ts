import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '../errors/fts-error.ts';
import type { GgufExport } from '../model/gguf/export-gguf.ts';
import { writeRandomGguf } from '../model/gguf/random-gguf.ts';
import type { ModelConfig } from '../model/model-config.ts';
import { median } from '../statistics/distribution.ts';
import { Engine } from './engine/engine.ts';
import { GREEDY } from './sampling/sampling-settings.ts';

export interface MeasuredEngine {
  /** Median seconds of one decode step of a single sequence. */
  decodeStepSeconds: number;
  /** Average tokens in the context at that step. */
  contextTokens: number;
  /** Memory of the engine process in bytes without the mapped model file; null if the system does not report it. */
  processBytes: number | null;
}

export const measuredContextTokens = 512;
const promptTokens = 16;
const completionTokens = 96;

/** Starts an engine on a model of the given shape with random weights, and measures its decoding. */
export async function measureEngine(
  config: ModelConfig,
  type: GgufExport['type'],
  threads: number,
  signal: AbortSignal,
): Promise<MeasuredEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-measure-'));
  try {
    const path = join(folder, 'random.gguf');
    await writeRandomGguf(path, config, type);
    const engine = await Engine.start({
      ggufPath: path,
      contextTokens: measuredContextTokens,
      maxRunning: 1,
      threads,
      prefixCache: false,
    });
    try {
      const prompt = Array.from({ length: promptTokens }, (_, index) => 1 + index);
      const steps: number[] = [];
      for (let run = 0; run < 8; run++) {
        throwIfAborted(signal);
        const request = { prompt, maxTokens: completionTokens, ignoreEos: true, sampling: GREEDY };
        const { usage } = await engine.complete(request, signal);
        if (run > 0) steps.push(usage.decodeMs / 1000 / (usage.completionTokens - 1));
      }
      return {
        decodeStepSeconds: median(steps),
        contextTokens: promptTokens + completionTokens / 2,
        processBytes: await processBytes(engine.pid!),
      };
    } finally {
      await engine.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Memory that a process cannot release, in bytes: its resident memory minus the pages of mapped model files, which the
 * system may drop because llama.cpp repacks the weights into its own memory. Null if there is no `/proc`.
 */
export async function processBytes(pid: number): Promise<number | null> {
  const mappings = await readFile(`/proc/${pid}/smaps`, 'utf8').catch(() => null);
  if (mappings === null) return null;
  let kilobytes = 0;
  for (const mapping of mappings.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    if (mapping.split('\n', 1)[0]!.endsWith('.gguf')) continue;
    kilobytes += Number(/^Rss:\s+(\d+)/m.exec(mapping)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}
