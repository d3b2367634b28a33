import { trainingFlops } from './compute.ts';
import { cheapestRent } from './cost.ts';
import { arithmeticRate } from './forward-time.ts';
import { efficiencyOf, type Machine, runtimeBytes, usableBytes } from './machine.ts';
import { countParameters, type ModelShape } from './model-shape.ts';
import { stateBytes, type TrainingMemory, type TrainingSetup, trainingMemory } from './training-memory.ts';

export interface TrainingRequest {
  shape: ModelShape;
  setup: TrainingSetup;
  /** Tokens seen in the whole run. */
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
  usableBytesPerDevice: number;
  /** Positive: room left on the fullest device; negative: bytes missing. */
  headroomBytes: number;
  fits: boolean;
  devices: number;
  machines: number;
  /** Fewest devices of this kind that hold the run with its states sharded (ZeRO-3), or null if none does. */
  devicesNeeded: number | null;
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

/** What a training run takes on a kind of machine: memory, devices, time and money. */
export function planTraining(request: TrainingRequest): TrainingPlan {
  const { shape, setup, machine } = request;
  const memory = trainingMemory(shape, setup, runtimeBytes(machine));
  const usable = usableBytes(machine);
  const { data, tensor, pipeline } = setup.parallelism;
  const devices = data * tensor * pipeline;
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
    usableBytesPerDevice: usable,
    headroomBytes: usable - memory.total,
    fits: memory.total <= usable && (devices <= machine.devices || machine.linkBytesPerSecond !== undefined),
    devices,
    machines,
    devicesNeeded: devicesNeeded(shape, setup, machine),
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

const mostDevices = 65_536;

/** Fewest devices, in powers of two, over which ZeRO-3 shards the states until a device holds its share. */
export function devicesNeeded(shape: ModelShape, setup: TrainingSetup, machine: Machine): number | null {
  for (let data = 1; data <= mostDevices; data *= 2) {
    const parallelism = { data, tensor: 1, pipeline: 1, zero: 3 as const };
    const memory = trainingMemory(shape, { ...setup, parallelism }, runtimeBytes(machine));
    if (memory.total <= usableBytes(machine)) return data;
  }
  return null;
}
