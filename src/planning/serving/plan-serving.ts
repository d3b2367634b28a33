import type { ModelShape } from '../../model/model-config.ts';
import { hourlyCost, type Ownership, type TokenCost, tokenCost, usualOwnership } from '../fleet/cost.ts';
import { type Machine, runtimeBytes, usableBytes } from '../machines/machine.ts';
import { countParameters } from '../shapes/model-shape.ts';
import { decodeStepSeconds, prefillSeconds, speedModel } from '../time/forward-time.ts';
import { type InferenceMemory, inferenceMemory, type ServingLoad } from './inference-memory.ts';

export interface ServingRequest {
  shape: ModelShape;
  load: ServingLoad;
  /** A typical query; prompt and completion fit in `load.contextTokens`. */
  promptTokens: number;
  completionTokens: number;
  machine: Machine;
  ownership?: Ownership | undefined;
  /** Busy share of the paid hours. */
  utilization?: number | undefined;
}

export interface ServingPlan {
  parameters: number;
  /** Bytes over all devices that share the model. */
  memory: InferenceMemory;
  usableBytes: number;
  headroomBytes: number;
  fits: boolean;
  /** Devices of this machine that share the model by tensor parallelism. */
  devices: number;
  /** Copies of the model that fit on the machine's devices. */
  replicas: number;
  /** Most sequences of the given context length that fit in memory with the weights. */
  mostSequences: number;
  ttftSeconds: number;
  prefillTokensPerSecond: number;
  /** One sequence alone. */
  tokensPerSecondAlone: number;
  /** All `load.sequences` together, on every replica. */
  tokensPerSecondBatched: number;
  usdPerHour: number | null;
  cost: TokenCost | null;
}

/** Plans serving a model on a machine: memory, speed and cost. */
export function planServing(request: ServingRequest): ServingPlan {
  const { shape, load, machine } = request;
  const memory = inferenceMemory(shape, load, runtimeBytes(machine, 'serve'));
  const perDevice = usableBytes(machine);
  const devices = devicesFor(memory, machine);
  const usable = perDevice * devices;
  const perSequence = load.sequences === 0 ? 0 : memory.cache / load.sequences;
  const room = perDevice * machine.devices - (memory.total - memory.cache);
  const model = speedModel(shape, load.format, load.cacheType, machine, devices);
  const ttftSeconds = prefillSeconds(model, request.promptTokens, load.prefillTokens);
  const typicalContext = request.promptTokens + request.completionTokens / 2;
  const tokensPerSecondAlone = 1 / decodeStepSeconds(model, 1, typicalContext);
  const replicas = Math.floor(machine.devices / devices);
  const tokensPerSecondBatched = (replicas * load.sequences) / decodeStepSeconds(model, load.sequences, typicalContext);
  const prefillTokensPerSecond = request.promptTokens / ttftSeconds;
  const hourly = hourlyCost(machine, request.ownership ?? usualOwnership);
  return {
    parameters: countParameters(shape).total,
    memory,
    usableBytes: usable,
    headroomBytes: usable - memory.total,
    fits: memory.total <= usable,
    devices,
    replicas,
    mostSequences: Math.max(0, Math.floor(room / perSequence)),
    ttftSeconds,
    prefillTokensPerSecond,
    tokensPerSecondAlone,
    tokensPerSecondBatched,
    usdPerHour: hourly?.usdPerHour ?? null,
    cost:
      hourly === null
        ? null
        : tokenCost(
            hourly.usdPerHour,
            {
              prefillTokensPerSecond: prefillTokensPerSecond * replicas,
              decodeTokensPerSecond: tokensPerSecondBatched,
            },
            { promptTokens: request.promptTokens, completionTokens: request.completionTokens },
            request.utilization ?? 0.5,
          ),
  };
}

/** The fewest devices of the machine (in powers of two) that hold the model; all of them if no number suffices. */
function devicesFor(memory: InferenceMemory, machine: Machine): number {
  for (let devices = 1; devices < machine.devices; devices *= 2) {
    if (memory.total + (devices - 1) * memory.runtime <= usableBytes(machine) * devices) return devices;
  }
  return machine.devices;
}
