import type { ModelShape } from '../../model/model-config.ts';
import { cheapestRent, powerUsdPerHour, usualOwnership } from '../fleet/cost.ts';
import { efficiencyOf, type Machine } from '../machines/machine.ts';
import { findMachine } from '../machines/machine-catalogue.ts';
import { cacheBytesPerToken, type ServingLoad } from '../serving/inference-memory.ts';
import { planServing } from '../serving/plan-serving.ts';
import { countParameters } from '../shapes/model-shape.ts';
import { publishedModels } from '../shapes/published-models.ts';
import { bitsPerWeight, type WeightFormat, weightBytes } from '../shapes/weight-formats.ts';
import { deviceCount, fitSetup } from '../training/plan-training.ts';
import { adapterParameters, stateBytes, type TrainingSetup } from '../training/training-memory.ts';
import { forwardFlops, trainingFlops } from './compute.ts';
import { arithmeticRate, decodeStepSeconds, prefillSeconds, speedModel } from './forward-time.ts';

/** A figure computed from formulas, with its inputs. */
export interface DerivedFigure {
  value: number;
  detail?: string;
}

const GB = 1e9;
const kilometresPerMillisecondInFiber = 200;
const frontierTokens = 15e12;
const frontierGpus = 2048;

const bf16Training: TrainingSetup = {
  method: { kind: 'full' },
  optimizer: 'adamw',
  precision: 'bf16-mixed',
  recomputation: 'none',
  fusedAttention: true,
  sequenceTokens: 1024,
  microBatch: 1,
  accumulation: 1,
  parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
};

/** All derived figures of the reference pages by claim id, computed from the formulas and the machine catalogue. */
export function derivedFigures(machines: ReadonlyMap<string, Machine>): Map<string, DerivedFigure> {
  const llama8b = published('meta-llama/Llama-3.1-8B');
  const llama70b = published('meta-llama/Llama-3.1-70B');
  const llama405b = published('meta-llama/Llama-3.1-405B');
  const phi = published('microsoft/Phi-3-mini-4k-instruct');
  const parameters70b = countParameters(llama70b).total;
  const gigabytes = (shape: ModelShape, format: WeightFormat) => weightBytes(shape, format).total / GB;
  const state = stateBytes(llama70b, bf16Training);
  const fp32State = stateBytes(llama8b, { ...bf16Training, precision: 'fp32' });
  const adapter = adapterParameters(llama8b, 16);
  return new Map<string, DerivedFigure>([
    [
      'training-flops-ratio',
      {
        value: trainingFlops(llama8b, 2048, { recompute: false, frozenBase: false }) / forwardFlops(llama8b, 2048),
        detail: 'Llama 3.1 8B, 2,048 tokens',
      },
    ],
    [
      'training-bytes-per-parameter',
      { value: (fp32State.weights + fp32State.gradients + fp32State.optimizer) / fp32State.trainable },
    ],
    ['inference-bytes-fp16', { value: bitsPerWeight('F16') / 8 }],
    ['inference-bytes-int4', { value: bitsPerWeight('Q4_0') / 8, detail: 'Q4_0' }],
    ['cache-saves-arithmetic', cacheSaving(llama8b)],
    ['fp16-smallest', { value: 2 ** -24 }],
    ['int4-smaller-ideal', { value: 32 / bitsPerWeight('Q4_0'), detail: 'FP32 to Q4_0' }],
    ['int4-smaller-group-128', { value: 32 / bitsPerWeight('INT4-g128') }],
    ['int4-smaller-group-32', { value: 32 / bitsPerWeight('Q4_0') }],
    ['size-70b-fp32', { value: gigabytes(llama70b, 'FP32') }],
    ['size-70b-int4', { value: (parameters70b * 4) / 8 / GB, detail: `${parameters70b} parameters` }],
    ['size-70b-int4-scaled', { value: gigabytes(llama70b, 'Q4_0') }],
    ['training-state-70b', { value: (state.weights + state.gradients + state.optimizer) / 1e12 }],
    ['gpus-70b', gpusFor(llama70b, findMachine(machines, 'h100'))],
    ['size-70b-m4-max-spare', spare(llama70b, findMachine(machines, 'm4-max-128gb'), 8192)],
    ['size-70b-one-gpu-spare', spare(llama70b, findMachine(machines, 'h100'), 8192)],
    ['size-3.8b-fp16', { value: gigabytes(phi, 'FP16') }],
    ['size-3.8b-int4', { value: (gigabytes(phi, 'Q4_0') + gigabytes(phi, 'Q4_K_M')) / 2 }],
    ['size-8b-fp16', { value: gigabytes(llama8b, 'FP16') }],
    ['size-8b-int4', { value: gigabytes(llama8b, 'Q4_0') }],
    ['size-70b-fp16', { value: gigabytes(llama70b, 'FP16') }],
    ['size-405b-fp16', { value: gigabytes(llama405b, 'FP16') }],
    ['size-405b-int4', { value: gigabytes(llama405b, 'Q4_0') }],
    ['cache-8b-per-token', { value: cacheBytesPerToken(llama8b, 'f16') / 1000 }],
    ...speedFigures(llama8b, machines),
    ['training-months', frontierDays(llama70b, findMachine(machines, 'h100'))],
    ['cost-train-frontier', frontierCost(llama70b, findMachine(machines, 'h100'))],
    [
      'cost-query-70b',
      {
        value: served(llama70b, 'BF16', findMachine(machines, 'h100x8'), 8, 8192).cost!.perQuery,
        detail: 'h100x8, half busy',
      },
    ],
    ['cost-query-8b-edge', ownedQueryCost(llama8b, findMachine(machines, 'mac-mini-m4'))],
    ['lora-share', { value: (100 * adapter) / countParameters(llama8b).total, detail: `${adapter} of 8 B` }],
    ['lora-adapter-size', { value: (adapter * 2) / 1e6 }],
    ['qlora-base-size', { value: gigabytes(llama8b, 'NF4') }],
    ['fits-3.8b-phone', spare(phi, findMachine(machines, 'iphone-16-pro'), 4096)],
    ['fits-8b-mac-mini', spare(llama8b, findMachine(machines, 'mac-mini-m4'), 8192)],
    ['fits-8b-cpu', spare(llama8b, findMachine(machines, 'akamai-dedicated-16gb'), 8192)],
    ['trains-8b-devices', gpusFor(llama8b, findMachine(machines, 'h100'))],
    ['round-trip', { value: (2 * 10_000) / kilometresPerMillisecondInFiber, detail: '10,000 km away' }],
  ]);
}

function published(id: string): ModelShape {
  return publishedModels[id]!;
}

/** Arithmetic of a completion without a KV cache divided by that with one. */
function cacheSaving(shape: ModelShape): DerivedFigure {
  const prompt = 256;
  const completion = 256;
  let without = 0;
  let cached = 0;
  for (let position = prompt; position < prompt + completion; position++) {
    without += forwardFlops(shape, position + 1, 0, 1);
    cached += forwardFlops(shape, 1, position);
  }
  return { value: without / cached, detail: `${prompt} tokens of prompt, ${completion} of completion` };
}

function gpusFor(shape: ModelShape, machine: Machine): DerivedFigure {
  const setup = fitSetup(shape, bf16Training, machine);
  if (setup === null) return { value: Number.NaN };
  const { data, tensor } = setup.parallelism;
  return { value: deviceCount(setup), detail: `data ${data}, tensor ${tensor}, ${setup.recomputation} recomputation` };
}

function served(shape: ModelShape, format: WeightFormat, machine: Machine, sequences: number, context: number) {
  const load: ServingLoad = { format, cacheType: 'f16', contextTokens: context, sequences, prefillTokens: 512 };
  return planServing({ shape, load, machine, promptTokens: 1024, completionTokens: 256 });
}

/** Gigabytes left on a machine after loading the model in Q4_0 and one conversation. */
function spare(shape: ModelShape, machine: Machine, context: number): DerivedFigure {
  return { value: served(shape, 'Q4_0', machine, 1, context).headroomBytes / GB, detail: machine.name };
}

function speedFigures(shape: ModelShape, machines: ReadonlyMap<string, Machine>): [string, DerivedFigure][] {
  const mac = findMachine(machines, 'm4-max-128gb');
  const onMac = 1 / decodeStepSeconds(speedModel(shape, 'Q4_K_M', 'f16', mac), 1, 512);
  const roofline = mac.bandwidthBytesPerSecond / weightBytes(shape, 'Q4_K_M').streamed;
  const h100 = speedModel(shape, 'BF16', 'f16', findMachine(machines, 'h100'));
  return [
    ['speed-8b-m4-max', { value: onMac, detail: 'Q4_K_M' }],
    ['speed-8b-m4-max-roofline-share', { value: onMac / roofline, detail: `${roofline.toFixed(0)} tok/s at most` }],
    ['speed-8b-h100-alone', { value: 1 / decodeStepSeconds(h100, 1, 512) }],
    ['speed-8b-h100-batched', { value: 16 / decodeStepSeconds(h100, 16, 512), detail: '16 sequences' }],
  ];
}

/** GPU-hours of training a frontier model once. */
function frontierHours(shape: ModelShape, machine: Machine): number {
  const sequence = 8192;
  const flops = (trainingFlops(shape, sequence, { recompute: false, frozenBase: false }) / sequence) * frontierTokens;
  return flops / (arithmeticRate(machine, 'BF16') * efficiencyOf(machine).training) / 3600;
}

function frontierCost(shape: ModelShape, machine: Machine): DerivedFigure {
  const hours = frontierHours(shape, machine);
  const usd = hours * cheapestRent(machine)!.usd;
  return { value: usd / 1e6, detail: `${(hours / 1e6).toFixed(1)} million GPU-hours` };
}

function frontierDays(shape: ModelShape, machine: Machine): DerivedFigure {
  return { value: frontierHours(shape, machine) / frontierGpus / 24, detail: `${frontierGpus} GPUs` };
}

function ownedQueryCost(shape: ModelShape, machine: Machine): DerivedFigure {
  const model = speedModel(shape, 'Q4_0', 'f16', machine);
  const seconds = prefillSeconds(model, 1024, 512) + 256 * decodeStepSeconds(model, 1, 1152);
  return {
    value: (powerUsdPerHour(machine, usualOwnership) / 3600) * seconds,
    detail: `${seconds.toFixed(0)} s at ${machine.powerWatts} W`,
  };
}
