import { FtsError } from '../../errors/fts-error.ts';
import { KERNELS_WASM } from './kernels.wasm.ts';

const PAGE_BYTES = 65_536;
/** A 32-bit memory holds 4 GiB at most; the last page is left out so that every end pointer still fits 32 bits. */
const MAX_PAGES = 65_535;

export const MAX_SHARED_BYTES = MAX_PAGES * PAGE_BYTES;

/** Every kernel of kernels.wat; pointers and counts are 32-bit, `sumOfSquares` writes doubles. */
export interface Kernels {
  adamw(
    ...args: [
      p: number,
      m: number,
      v: number,
      g: number,
      n: number,
      beta1: number,
      beta2: number,
      keep: number,
      rate: number,
      epsilon: number,
      scale: number,
    ]
  ): void;
  sumOfSquares(x: number, n: number, block: number, out: number): void;
  addScaled(y: number, x: number, n: number, scale: number): void;
  addRows(y: number, rows: number, ids: number, count: number, width: number): void;
  dropoutMask(
    out: number,
    n: number,
    first: number,
    seed0: number,
    seed1: number,
    threshold: number,
    keep: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The compiled kernels: made once, shared with every thread. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_WASM, 'base64'));
  return compiled;
}

/** The kernels over one memory. */
export function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(kernelModule(), { env: { memory } }).exports as unknown as Kernels;
}

/**
 * One memory that JavaScript, every kernel thread and ONNX Runtime see in place. Arrays are handed out in order,
 * zeroed and 64-byte aligned, and live as long as the memory.
 */
export class SharedMemory {
  readonly memory: WebAssembly.Memory;
  #used = 0;

  /** Throws `exhausted` when the system has not that much memory. */
  constructor(bytes: number) {
    const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    if (pages > MAX_PAGES) throw new FtsError('internal', `One shared memory holds ${MAX_SHARED_BYTES} bytes at most.`);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      throw new FtsError('exhausted', `There is no room for ${(bytes / 1e9).toFixed(1)} GB of training state.`, {
        remedy: 'Choose a smaller model or batch, or LoRA, or free some memory.',
        cause: error,
      });
    }
  }

  floats(length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#take(length * 4), length);
  }

  doubles(length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.#take(length * 8), length);
  }

  integers(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#take(length * 4), length);
  }

  /** Room that `length` elements of 4 bytes take, alignment included. */
  static bytesFor(length: number): number {
    return Math.ceil((length * 4) / 64) * 64;
  }

  #take(bytes: number): number {
    const offset = this.#used;
    this.#used = Math.ceil((offset + bytes) / 64) * 64;
    if (this.#used > this.memory.buffer.byteLength) {
      throw new FtsError('internal', `The shared memory of ${this.memory.buffer.byteLength} bytes is full.`);
    }
    return offset;
  }
}
