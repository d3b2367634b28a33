import { availableParallelism } from 'node:os';
import { FtsError } from '../../errors/fts-error.ts';
import { call, create, type Pointer, release } from './c-api.ts';

/** ONNX Runtime's own warnings (level 2) concern model authors; errors (3) come back as statuses anyway. */
const LOG_LEVEL_ERROR = 3;

interface Environment {
  handle: Pointer;
  /** Describes plain CPU memory, needed to wrap an array. */
  cpuMemory: Pointer;
  threads: number;
}

let environment: Environment | undefined;

/**
 * The process's one environment. All sessions share its thread pool: separate pools spin against each other, which
 * halves the speed of everything.
 */
export function onnxEnvironment(): Environment {
  environment ??= open(availableParallelism());
  return environment;
}

/** Fixes the number of compute threads (the calling one included) before the first session is made. */
export function useThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new FtsError('invalid-input', 'threads must be a positive whole number.', {
      field: 'threads',
      value: threads,
      remedy: 'Give the number of cores to use.',
    });
  }
  if (environment === undefined) environment = open(threads);
  else if (environment.threads !== threads) {
    throw new FtsError('conflict', `This process already computes with ${environment.threads} threads.`, {
      field: 'threads',
      value: threads,
      remedy: 'Set the number of threads before anything else, or start another process.',
    });
  }
}

function open(threads: number): Environment {
  const options = create('CreateThreadingOptions');
  try {
    call('SetGlobalIntraOpNumThreads', options, threads);
    call('SetGlobalInterOpNumThreads', options, 1);
    call('SetGlobalSpinControl', options, 1);
    const handle = create('CreateEnvWithGlobalThreadPools', LOG_LEVEL_ERROR, 'fts', options);
    return { handle, cpuMemory: create('CreateCpuMemoryInfo', 0, 0), threads };
  } finally {
    release('ReleaseThreadingOptions', options);
  }
}
