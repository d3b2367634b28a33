import type { ModelShape } from '../../model/model-config.ts';
import { cheapestRent } from '../fleet/cost.ts';
import { efficiencyOf, type Machine, runtimeBytes, usableBytes } from '../machines/machine.ts';
import { countParameters } from '../shapes/model-shape.ts';
import { trainingFlops } from '../time/compute.ts';
import { arithmeticRate } from '../time/forward-time.ts';
import { engineTrainingMemory } from './engine-training-memory.ts';
import {
  recomputations,
  stateBytes,
  type TrainingMemory,
  type TrainingSetup,
  trainingMemory,
} from './training-memory.ts';

export interface TrainingRequest {
  shape: ModelShape;
  setup: TrainingSetup;
  /** Tokens processed in the whole run. */
  tokens: number;
  machine: Machine;
  /** Model FLOPs utilization to assume instead of the machine's typical one. */
  mfu?: number | undefined;
}

export interface TrainingPlan {
  parameters: number;
  trainableParameters: number;
  /** Bytes on the fullest device. */
  memory: TrainingMemory;
  /** Usable memory of one device. */
  usableBytes: number;
  /** Positive: room left on the fullest device; negative: bytes missing. */
  headroomBytes: number;
  fits: boolean;
  devices: number;
  machines: number;
  /** Fewest devices of this kind with enough memory for the run, found by `fitSetup`; null if no number is enough. */
  devicesNeeded: number | null;
  setup: TrainingSetup;
  flops: number;
  steps: number;
  tokensPerStep: number;
  secondsPerStep: number;
  tokensPerSecond: number;
  mfu: number;
  seconds: number;
  /** US dollars to rent the devices for the run, or null without a price. */
  rentUsd: number | null;
}

/** Plans a training run on a kind of machine: memory, devices, time and cost. */
export function planTraining(request: TrainingRequest): TrainingPlan {
  const { shape, machine } = request;
  // Only this machine is measured. It trains with this program's engine, which computes in FP32 with AdamW.
  const own = machine.measured !== undefined && request.setup.method.kind === 'full';
  const setup: TrainingSetup = own ? { ...request.setup, ...ownEngine } : request.setup;
  const runtime = runtimeBytes(machine, 'train');
  const memory = own
    ? engineTrainingMemory(shape, setup.microBatch, setup.sequenceTokens, setup.accumulation, runtime)
    : trainingMemory(shape, setup, runtime);
  const usable = usableBytes(machine);
  const { data } = setup.parallelism;
  const devices = deviceCount(setup);
  const smallest = fitSetup(shape, setup, machine);
  const tokensPerStep = setup.sequenceTokens * setup.microBatch * setup.accumulation * data;
  const flopsPerToken =
    trainingFlops(shape, setup.sequenceTokens, {
      recompute: setup.recomputation === 'full',
      frozenBase: setup.method.kind !== 'full',
    }) / setup.sequenceTokens;
  const mfu = request.mfu ?? efficiencyOf(machine).training;
  const rate = arithmeticRate(machine, setup.precision === 'fp32' ? 'F32' : 'BF16') * mfu * devices;
  const steps = Math.ceil(request.tokens / tokensPerStep);
  const seconds = (flopsPerToken * request.tokens) / rate;
  const machines = Math.ceil(devices / machine.devices);
  const rent = cheapestRent(machine);
  return {
    parameters: countParameters(shape).total,
    trainableParameters: stateBytes(shape, setup).trainable,
    memory,
    usableBytes: usable,
    headroomBytes: usable - memory.total,
    fits: memory.total <= usable && (devices <= machine.devices || machine.linkBytesPerSecond !== undefined),
    devices,
    machines,
    devicesNeeded: smallest === null ? null : deviceCount(smallest),
    setup,
    flops: flopsPerToken * request.tokens,
    steps,
    tokensPerStep,
    secondsPerStep: (flopsPerToken * tokensPerStep) / rate,
    tokensPerSecond: rate / flopsPerToken,
    mfu,
    seconds,
    rentUsd: rent === null ? null : (rent.usd * machines * seconds) / 3600,
  };
}

const ownEngine = { optimizer: 'adamw', precision: 'fp32', recomputation: 'none' } as const;

const mostDevices = 65_536;
/** Tensor parallelism stays inside one machine, because it needs fast links. */
const widestTensorParallelism = 8;

/**
 * The setup that needs the fewest devices: states sharded over the data-parallel ranks (ZeRO-3), with tensor
 * parallelism and stronger recomputation if activations alone are too large. Null if no setup fits.
 */
export function fitSetup(shape: ModelShape, setup: TrainingSetup, machine: Machine): TrainingSetup | null {
  const levels = recomputations.slice(recomputations.indexOf(setup.recomputation));
  const tensorWidths = [1, 2, 4, 8].filter((width) => width <= widestTensorParallelism && width <= shape.heads);
  let best: TrainingSetup | null = null;
  for (const recomputation of levels) {
    for (const tensor of tensorWidths) {
      for (let data = 1; data * tensor <= mostDevices; data *= 2) {
        const devices = data * tensor;
        if (best !== null && devices >= deviceCount(best)) break;
        if (devices > 1 && devices > machine.devices && machine.linkBytesPerSecond === undefined) break;
        const zero = data > 1 ? 3 : 0;
        const candidate = { ...setup, recomputation, parallelism: { data, tensor, pipeline: 1, zero } } as const;
        const memory = trainingMemory(shape, candidate, runtimeBytes(machine, 'train'));
        if (memory.total <= usableBytes(machine)) {
          best = candidate;
          break;
        }
      }
    }
  }
  return best;
}

export function deviceCount(setup: TrainingSetup): number {
  return setup.parallelism.data * setup.parallelism.tensor * setup.parallelism.pipeline;
}
