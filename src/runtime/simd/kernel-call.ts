import type { Kernels } from './shared-memory.ts';

/** One call of one kernel over one memory: what the team hands to a thread. */
export interface KernelCall {
  /** Index of the memory in the team's list. */
  memory: number;
  kernel: keyof Kernels;
  args: readonly number[];
}

/** The kernels by number, as the control block names them. */
export const KERNEL_ORDER: readonly (keyof Kernels)[] = [
  'adamw',
  'sumOfSquares',
  'addScaled',
  'addRows',
  'dropoutMask',
];

/**
 * The control block of a worker, shared with the caller: 8 integers, by these indices, then from byte 64 the arguments
 * as doubles. `started` counts the calls handed over, `done` the calls finished.
 */
export const CONTROL = { started: 0, done: 1, memory: 2, kernel: 3, argumentCount: 4 } as const;

const MAX_ARGUMENTS = 16;
export const CONTROL_BYTES = 64 + MAX_ARGUMENTS * 8;
