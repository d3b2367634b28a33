import { z } from 'zod';

/** Number formats for which a machine may have arithmetic units. Rates are dense (without structured sparsity). */
const arithmetics = ['fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8', 'int4'] as const;
export type Arithmetic = (typeof arithmetics)[number];

const sourceSchema = z.object({
  /** Origin of the figure: a data sheet, a price page, `measured`. */
  text: z.string().min(1),
  url: z.url().optional(),
  /** Date (ISO) on which the document was read or published. */
  date: z.iso.date(),
  /** True if the figure was read in the named document itself, or measured; false if second-hand. */
  verified: z.boolean(),
});
export type Source = z.output<typeof sourceSchema>;

const priceSchema = z.object({
  kind: z.enum(['rent', 'buy']),
  /** US dollars per hour (rent) or once (buy), for the whole machine. */
  usd: z.number().nonnegative(),
  source: sourceSchema,
});
export type Price = z.output<typeof priceSchema>;

/** Measured speed of the matrix multiplication kernel for one weight type. */
const kernelSpeedSchema = z.object({
  /** Rows of activations (tokens) multiplied at once, ascending. */
  tokens: z.array(z.number().int().positive()).min(1),
  /**
   * Bytes of weights that the measurement cycles through, ascending; small working sets stay in the processor's caches.
   */
  workingSets: z.array(z.number().positive()).min(1),
  /** Operations per second (2 per weight and token): a row per working set, a column per number of tokens. */
  flopsPerSecond: z.array(z.array(z.number().positive())).min(1),
  /** Seconds to prepare one input value for the multiplication, for example to quantize it. */
  inputSeconds: z.number().nonnegative(),
});
export type KernelSpeed = z.output<typeof kernelSpeedSchema>;

/** Measured speeds of kernels and engines on a machine, used instead of the roofline. */
const measuredSchema = z.object({
  /** By block type. */
  kernels: z.record(z.string(), kernelSpeedSchema),
  /**
   * Operations per second of attention over an FP16 KV cache held in the processor's caches, by number of new tokens.
   */
  attention: z.object({ tokens: z.array(z.number()).min(1), flopsPerSecond: z.array(z.number().positive()).min(1) }),
  /** Extra seconds per byte of KV cache read from main memory, by the bytes of one token's keys in one layer. */
  coldCache: z.object({
    rowBytes: z.array(z.number().positive()).min(1),
    secondsPerByte: z.array(z.number().nonnegative()).min(1),
  }),
  /** Seconds per FP32 value of an element-wise operation between the matrices: norm, gate, residual sum. */
  valueSeconds: z.number().nonnegative(),
  /** Overhead of the serving engine in seconds: per forward pass, per layer, and per logit. */
  passSeconds: z.number().nonnegative(),
  layerSeconds: z.number().nonnegative(),
  logitSeconds: z.number().nonnegative(),
  /** Bytes of an engine process beyond those computed for its model. */
  runtimeBytes: z.object({ serve: z.number().positive(), train: z.number().positive() }),
});
export type MeasuredSpeed = z.output<typeof measuredSchema>;

export const machineSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'lower-case letters, digits, dots and dashes'),
  name: z.string().min(1),
  kind: z.enum(['gpu', 'cpu', 'apple', 'phone', 'board']),
  /** Devices in one machine (such as the GPUs of a server); the figures below are per device. */
  devices: z.number().int().positive().default(1),
  memoryBytes: z.number().positive(),
  bandwidthBytesPerSecond: z.number().positive(),
  flops: z.partialRecord(z.enum(arithmetics), z.number().positive()),
  /** Device-to-device bandwidth in bytes per second, if devices are linked. */
  linkBytesPerSecond: z.number().positive().optional(),
  powerWatts: z.number().positive().optional(),
  prices: z.array(priceSchema).default([]),
  source: sourceSchema,
  /** Fractions of the peak that engines reach in practice. */
  efficiency: z
    .object({
      /** Of the bandwidth, when decoding. */
      decode: z.number().positive().max(1),
      /** Of the arithmetic peak, when prefilling. */
      prefill: z.number().positive().max(1),
      /** Of the arithmetic peak, when training (MFU). */
      training: z.number().positive().max(1),
    })
    .optional(),
  /** Fixed seconds per forward pass in addition to the matrices: kernel launches, sampling, scheduling. */
  stepOverheadSeconds: z.number().nonnegative().optional(),
  measured: measuredSchema.optional(),
});

export type Machine = z.output<typeof machineSchema>;

/** Typical efficiency by kind of machine: assumptions, used if a machine states none. */
const typicalEfficiency: Record<Machine['kind'], NonNullable<Machine['efficiency']>> = {
  gpu: { decode: 0.7, prefill: 0.5, training: 0.4 },
  apple: { decode: 0.6, prefill: 0.6, training: 0.4 },
  cpu: { decode: 0.75, prefill: 0.5, training: 0.5 },
  phone: { decode: 0.5, prefill: 0.4, training: 0.3 },
  board: { decode: 0.6, prefill: 0.4, training: 0.3 },
};

const typicalStepOverheadSeconds: Record<Machine['kind'], number> = {
  gpu: 0.002,
  apple: 0.002,
  cpu: 0.0005,
  phone: 0.003,
  board: 0.001,
};

export function efficiencyOf(machine: Machine): NonNullable<Machine['efficiency']> {
  return machine.efficiency ?? typicalEfficiency[machine.kind];
}

export function stepOverheadSeconds(machine: Machine): number {
  return machine.stepOverheadSeconds ?? typicalStepOverheadSeconds[machine.kind];
}

/**
 * Bytes that the runtime occupies on one device before a model is loaded: a CUDA context, or this program's process
 * with its libraries (as measured on the machine, otherwise typical values from Linux).
 */
export function runtimeBytes(machine: Machine, purpose: 'serve' | 'train'): number {
  if (machine.measured !== undefined) return machine.measured.runtimeBytes[purpose];
  if (machine.kind === 'gpu') return 0.7e9;
  return purpose === 'serve' ? 0.107e9 : 0.135e9;
}

/**
 * Memory of one device that a model may use: GPUs reserve a little for the driver, Apple lets the GPU wire about three
 * quarters, and a general-purpose computer also runs its operating system.
 */
export function usableBytes(machine: Machine): number {
  const share = { gpu: 0.95, apple: 0.75, cpu: 0.9, phone: 0.5, board: 0.85 }[machine.kind];
  return machine.memoryBytes * share;
}
