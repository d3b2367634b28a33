import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { forkSibling } from '../../runtime/child-entry.ts';

export interface StepMemoryRequest {
  /** `infer` runs only the forward pass and the loss of the same batch. */
  purpose: 'train' | 'infer';
  config: ModelConfig;
  /** Sequences in the step, and tokens in each. */
  batch: number;
  length: number;
}

/** Measures the peak memory in bytes of a separate process that trains a new model, or only runs its forward pass. */
export function measureStepMemory(request: StepMemoryRequest, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = forkSibling(import.meta.url, 'step-memory-child', [JSON.stringify(request)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    });
    child.once('message', (message) => resolve(z.number().parse(message)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new FtsError('internal', `The measured training step ended with ${code}.`)));
  });
}
