import {
  focusOf,
  type MemoryPart,
  memoryRow,
  type PlanAnswer,
  type PlanRow,
  type Recommendation,
} from '../answer/plan-answer.ts';
import { bytesText, durationText, usdText } from '../answer/quantity-text.ts';
import { settingsOf, settingText, type Variation } from '../fleet/what-if.ts';
import type { Machine } from '../machines/machine.ts';
import { fitSetup, planTraining, type TrainingPlan, type TrainingRequest } from './plan-training.ts';
import type { TrainingSetup } from './training-memory.ts';

interface Candidate {
  machine: Machine;
  plan: TrainingPlan;
}

interface TrainingGoal {
  /** Longest acceptable duration of the run. */
  deadlineSeconds: number;
  /** Keep the parallelism of the setup, because the user gave it; otherwise it is chosen for each machine. */
  parallelismGiven: boolean;
}

/** Plans the same training request on every machine, recommends one, and plans each variation on it. */
export function compareTraining(
  request: Omit<TrainingRequest, 'machine'>,
  machines: readonly Machine[],
  goal: TrainingGoal,
  variations: readonly Variation[],
): PlanAnswer & { trainableParameters: number; flops: number } {
  const candidateFor = (machine: Machine, setup: TrainingSetup): Candidate => ({
    machine,
    plan: goal.parallelismGiven
      ? planTraining({ ...request, machine, setup })
      : planWithDevices({ ...request, machine, setup }, goal.deadlineSeconds),
  });
  const candidates = machines.map((machine) => candidateFor(machine, request.setup));
  const recommended = recommendTraining(candidates, goal.deadlineSeconds);
  const rows = candidates.map((candidate) => ({ row: trainingRow(candidate), parts: partsOf(candidate.plan) }));
  const focusId = focusOf({ machines: rows, recommended }).row.machine;
  const focus = machines.find(({ id }) => id === focusId)!;
  const whatIf = settingsOf(variations).map((settings) => {
    const { plan } = candidateFor(focus, {
      ...request.setup,
      ...(settings.context === undefined ? {} : { sequenceTokens: Number(settings.context) }),
      ...(settings.batch === undefined ? {} : { microBatch: Number(settings.batch) }),
      ...(settings.bits === undefined ? {} : { precision: settings.bits === 'FP32' ? 'fp32' : 'bf16-mixed' }),
    });
    return {
      setting: settingText(settings),
      machine: focus.id,
      memoryBytes: plan.memory.total,
      fits: plan.fits,
      ttftSeconds: null,
      tokensPerSecond: plan.tokensPerSecond,
      usdPerQuery: null,
    };
  });
  const { trainableParameters, flops } = candidates[0]!.plan;
  return { machines: rows, recommended, whatIf, trainableParameters, flops };
}

/**
 * Plans the run in the setup that needs the fewest devices. All devices of one machine are used; linked machines are
 * added in powers of two until the run meets the deadline.
 */
function planWithDevices(request: TrainingRequest, deadlineSeconds: number): TrainingPlan {
  const { machine } = request;
  const smallest = fitSetup(request.shape, request.setup, machine);
  if (smallest === null) return planTraining(request);
  const planWith = (data: number) => {
    const zero = data > 1 ? (3 as const) : smallest.parallelism.zero;
    const setup = { ...smallest, parallelism: { ...smallest.parallelism, data, zero } };
    return planTraining({ ...request, setup });
  };
  let data = Math.max(smallest.parallelism.data, Math.floor(machine.devices / smallest.parallelism.tensor));
  let plan = planWith(data);
  while (machine.linkBytesPerSecond !== undefined && plan.seconds > deadlineSeconds && plan.devices < 16_384) {
    data *= 2;
    plan = planWith(data);
  }
  return plan;
}

/**
 * The machine to train on: this machine if fast enough, else the cheapest run within `deadlineSeconds`, else the
 * fastest.
 */
function recommendTraining(candidates: readonly Candidate[], deadlineSeconds: number): Recommendation | null {
  const fitting = candidates.filter(({ plan }) => plan.fits);
  if (fitting.length === 0) return null;
  const inTime = fitting.filter(({ plan }) => plan.seconds <= deadlineSeconds);
  const free = inTime.find(({ machine }) => machine.id === 'this-machine');
  const price = ({ plan }: Candidate) => plan.rentUsd ?? Number.POSITIVE_INFINITY;
  const best =
    free ??
    (inTime.length > 0
      ? inTime.toSorted((a, b) => price(a) - price(b) || a.plan.seconds - b.plan.seconds)
      : fitting.toSorted((a, b) => a.plan.seconds - b.plan.seconds))[0]!;
  const { plan, machine } = best;
  const reasons = [
    plan.devices > 1
      ? `${plan.devices} devices share the run (${parallelismText(plan.setup)}); ${plan.devicesNeeded ?? plan.devices} have enough memory for it.`
      : `One device holds the run with ${bytesText(plan.headroomBytes)} to spare.`,
    `It ends in about ${durationText(plan.seconds)} at ${(100 * plan.mfu).toFixed(0)} % of the arithmetic peak.`,
  ];
  if (best === free) reasons.push('You already have it, and it is fast enough.');
  else if (inTime.length === 0) {
    reasons.push(`No machine finishes within ${durationText(deadlineSeconds)}: this is the fastest.`);
  } else if (plan.rentUsd !== null) {
    reasons.push(`Of ${inTime.length} that finish in time it is the cheapest: ${usdText(plan.rentUsd)}.`);
  }
  return { machine: machine.id, reasons };
}

function trainingRow({ machine, plan }: Candidate): PlanRow {
  return {
    ...memoryRow(machine, plan),
    training: {
      parallelism: parallelismText(plan.setup),
      devicesNeeded: plan.devicesNeeded,
      tokensPerSecond: plan.tokensPerSecond,
      seconds: plan.seconds,
      mfu: plan.mfu,
      rentUsd: plan.rentUsd,
    },
  };
}

function partsOf({ memory }: TrainingPlan): MemoryPart[] {
  return [
    { label: 'weights', bytes: memory.weights },
    { label: 'gradients', bytes: memory.gradients },
    { label: 'optimizer', bytes: memory.optimizer },
    { label: 'activations', bytes: memory.activations },
    { label: 'logits', bytes: memory.logits },
    { label: 'runtime', bytes: memory.runtime },
  ].filter(({ bytes }) => bytes > 0);
}

function parallelismText({ parallelism, recomputation }: TrainingSetup): string {
  const { data, tensor, pipeline, zero } = parallelism;
  const parts = data > 1 ? [`data ${data}${zero > 0 ? ` with ZeRO-${zero}` : ''}`] : [];
  if (tensor > 1) parts.push(`tensor ${tensor}`);
  if (pipeline > 1) parts.push(`pipeline ${pipeline}`);
  if (recomputation !== 'none') parts.push(`${recomputation} recomputation`);
  return parts.join(', ') || 'one device';
}
