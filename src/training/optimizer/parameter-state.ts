import type { ParameterSpec } from '../../model/architectures/parameter.ts';
import { onnxEnvironment } from '../../runtime/onnxruntime/environment.ts';
import type { KernelCall } from '../../runtime/simd/kernel-call.ts';
import { KernelTeam } from '../../runtime/simd/kernel-team.ts';
import { MAX_SHARED_BYTES, SharedMemory } from '../../runtime/simd/shared-memory.ts';
import { elementsOf } from '../../tensor/shape.ts';

/** The values kept for every trained parameter: 16 bytes in FP32, 4 more with gradient accumulation. */
const REGIONS = ['weights', 'firstMoments', 'secondMoments', 'gradients'] as const;
type Region = (typeof REGIONS)[number] | 'accumulated';

/** Boundaries between threads, parameters and regions are multiples of this many elements, one cache line. */
const ALIGNMENT = 16;
/** Fewest elements per thread; below, waking another thread takes longer than its work. */
const LEAST_PART = 16_384;
/** Elements whose squares are summed together; fixed, so that the norm does not depend on the number of threads. */
const NORM_BLOCK = 65_536;

/** A memory and its parameters, those with weight decay first. Each region is one long vector. */
interface Bank {
  index: number;
  memory: SharedMemory;
  length: number;
  decayed: number;
  regions: Record<Region, Float32Array | undefined>;
  squares: Float64Array;
}

/** The scalars of one update; see the kernel `adamw`. */
export interface UpdateFactors {
  beta1: number;
  beta2: number;
  rate: number;
  epsilon: number;
  /** Factors by which weights with and without weight decay are multiplied before the update. */
  keepDecayed: number;
  keepOther: number;
  gradientScale: number;
}

/**
 * Weights, gradients and moments of the trained parameters in shared memory, where ONNX Runtime writes gradients and
 * the kernels update weights in place. Uses several memories if one (4 GB) is too small.
 */
export class ParameterState {
  readonly specs: readonly ParameterSpec[];
  readonly #banks: Bank[];
  readonly #places: ReadonlyMap<string, { bank: Bank; offset: number; length: number }>;
  readonly #team: KernelTeam;

  private constructor(
    specs: readonly ParameterSpec[],
    banks: Bank[],
    places: ReadonlyMap<string, { bank: Bank; offset: number; length: number }>,
    team: KernelTeam,
  ) {
    this.specs = specs;
    this.#banks = banks;
    this.#places = places;
    this.#team = team;
  }

  /** `scratchBytes` are reserved in each memory, in addition to the parameters, for the buffers of kernels. */
  static async create(
    specs: readonly ParameterSpec[],
    { accumulate = false, scratchBytes = 0 }: { accumulate?: boolean; scratchBytes?: number } = {},
  ): Promise<ParameterState> {
    const regionCount = REGIONS.length + (accumulate ? 1 : 0);
    const capacity = Math.floor((MAX_SHARED_BYTES - scratchBytes - (1 << 20)) / (regionCount * 4) / 1.01);
    const places = new Map<string, { bank: Bank; offset: number; length: number }>();
    const banks = groupIntoBanks(specs, capacity).map((group, index): Bank => {
      const padded = group.map((spec) => Math.ceil(elementsOf(spec.shape) / ALIGNMENT) * ALIGNMENT);
      const length = padded.reduce((sum, size) => sum + size, 0);
      const decayed = padded.filter((_, i) => group[i]!.decay).reduce((sum, size) => sum + size, 0);
      const blocks = Math.ceil(length / NORM_BLOCK) + 1;
      const memory = new SharedMemory(
        regionCount * SharedMemory.bytesFor(length) + SharedMemory.bytesFor(2 * blocks) + scratchBytes + 4096,
      );
      const floats = (): Float32Array => memory.floats(length);
      const regions = {
        weights: floats(),
        firstMoments: floats(),
        secondMoments: floats(),
        gradients: floats(),
        accumulated: accumulate ? floats() : undefined,
      };
      const bank: Bank = { index, memory, length, decayed, regions, squares: memory.doubles(blocks) };
      let offset = 0;
      for (const [i, spec] of group.entries()) {
        places.set(spec.name, { bank, offset, length: elementsOf(spec.shape) });
        offset += padded[i]!;
      }
      return bank;
    });
    const team = await KernelTeam.start(
      banks.map((bank) => bank.memory.memory),
      onnxEnvironment().threads,
    );
    return new ParameterState(specs, banks, places, team);
  }

  /** A parameter's part of a region as a view, so that writing to it changes the state. */
  view(name: string, region: Region): Float32Array {
    const { bank, offset, length } = this.#places.get(name)!;
    return bank.regions[region]!.subarray(offset, offset + length);
  }

  /** All weights by name, as views. */
  get weights(): Record<string, Float32Array> {
    return Object.fromEntries(this.specs.map(({ name }) => [name, this.view(name, 'weights')]));
  }

  /** The memory of a parameter, for buffers that kernels combine with it. */
  memoryOf(name: string): SharedMemory {
    return this.#places.get(name)!.bank.memory;
  }

  get firstMemory(): SharedMemory {
    return this.#banks[0]!.memory;
  }

  /** Bytes of weights, gradients and moments. */
  get bytes(): number {
    const regions = REGIONS.length + (this.#banks[0]?.regions.accumulated === undefined ? 0 : 1);
    return this.#banks.reduce((sum, bank) => sum + bank.length * 4 * regions, 0);
  }

  /** gradient(name)[ids[i]] += rows[i]; `rows` and `ids` must be views of the parameter's memory. */
  addRows(name: string, rows: Float32Array, ids: Int32Array, width: number): void {
    const { bank } = this.#places.get(name)!;
    const gradient = this.view(name, 'gradients');
    this.#team.kernels(bank.index).addRows(gradient.byteOffset, rows.byteOffset, ids.byteOffset, ids.length, width);
  }

  /** Fills `mask` (a view of the first memory) with 0 or 1 / (1 - rate); the same arguments give the same mask. */
  dropoutMask(mask: Float32Array, rate: number, seed: number, stream: number): void {
    const threshold = Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32)) | 0;
    const part = alignedParts(0, mask.length, this.#team.threads);
    this.#team.run(
      part.map(([from, to]) => ({
        memory: 0,
        kernel: 'dropoutMask',
        args: [mask.byteOffset + from * 4, to - from, from, seed, stream, threshold, 1 / (1 - rate)],
      })),
    );
  }

  /** Adds the gradients of one micro-batch to the sum of the step. */
  accumulate(first: boolean): void {
    for (const { index, regions, length } of this.#banks) {
      if (first) regions.accumulated!.fill(0);
      const [y, x] = [regions.accumulated!.byteOffset, regions.gradients!.byteOffset];
      this.#team.run(
        alignedParts(0, length, this.#team.threads).map(([from, to]) => ({
          memory: index,
          kernel: 'addScaled',
          args: [y + from * 4, x + from * 4, to - from, 1],
        })),
      );
    }
  }

  /** The global L2 norm of the gradients; not finite if any gradient is not. */
  gradientNorm(): number {
    let total = 0;
    for (const bank of this.#banks) {
      const { index, length, squares } = bank;
      const x = stepGradients(bank).byteOffset;
      const blocks = Math.ceil(length / NORM_BLOCK);
      const perThread = Math.ceil(blocks / this.#team.threads);
      const calls: KernelCall[] = [];
      for (let block = 0; block < blocks; block += perThread) {
        const from = block * NORM_BLOCK;
        const count = Math.min(length - from, perThread * NORM_BLOCK);
        calls.push({
          memory: index,
          kernel: 'sumOfSquares',
          args: [x + from * 4, count, NORM_BLOCK, squares.byteOffset + block * 8],
        });
      }
      this.#team.run(calls);
      for (let block = 0; block < blocks; block++) total += squares[block]!;
    }
    return Math.sqrt(total);
  }

  /** One AdamW update of every weight. */
  update(factors: UpdateFactors): void {
    const { beta1, beta2, rate, epsilon, gradientScale } = factors;
    for (const bank of this.#banks) {
      const { index, regions, decayed, length } = bank;
      const pointers = [regions.weights!, regions.firstMoments!, regions.secondMoments!, stepGradients(bank)];
      for (const [from, to, keep] of [
        [0, decayed, factors.keepDecayed],
        [decayed, length, factors.keepOther],
      ] as const) {
        this.#team.run(
          alignedParts(from, to, this.#team.threads).map(([start, end]) => ({
            memory: index,
            kernel: 'adamw',
            args: [
              ...pointers.map((region) => region.byteOffset + start * 4),
              end - start,
              beta1,
              beta2,
              keep,
              rate,
              epsilon,
              gradientScale,
            ],
          })),
        );
      }
    }
  }

  close(): Promise<void> {
    return this.#team.close();
  }
}

/** The gradients that an update uses: the sum over micro-batches if they are accumulated. */
function stepGradients({ regions }: Bank): Float32Array {
  return regions.accumulated ?? regions.gradients!;
}

/** Groups parameters so that each group fits one memory; within a group, those with weight decay come first. */
function groupIntoBanks(specs: readonly ParameterSpec[], capacity: number): ParameterSpec[][] {
  const groups: ParameterSpec[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const spec of specs) {
    const size = elementsOf(spec.shape) + ALIGNMENT;
    if (used + size > capacity) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)!.push(spec);
    used += size;
  }
  return groups.map((group) => [...group.filter((spec) => spec.decay), ...group.filter((spec) => !spec.decay)]);
}

/**
 * Splits a range into about equal parts at multiples of the alignment, or into fewer parts if they would be too short.
 * Empty ranges have no parts.
 */
function alignedParts(from: number, to: number, parts: number): [number, number][] {
  const step = Math.max(LEAST_PART, Math.ceil((to - from) / parts / ALIGNMENT) * ALIGNMENT);
  const ranges: [number, number][] = [];
  for (let start = from; start < to; start += step) ranges.push([start, Math.min(to, start + step)]);
  return ranges;
}
