import type { Machine } from './machine.ts';
import { planServing, type ServingPlan, type ServingRequest } from './plan-serving.ts';
import { fitSetup, planTraining, type TrainingPlan, type TrainingRequest } from './plan-training.ts';
import { bytesText, durationText, usdText } from './quantity-text.ts';

export interface Candidate<Plan> {
  machine: Machine;
  plan: Plan;
}

export interface Recommendation {
  machineId: string;
  reasons: string[];
}

/** The same serving request on every machine. */
export function compareServing(
  request: Omit<ServingRequest, 'machine'>,
  machines: Iterable<Machine>,
): Candidate<ServingPlan>[] {
  return [...machines].map((machine) => ({ machine, plan: planServing({ ...request, machine }) }));
}

/**
 * The same training request on every machine, in the setup that holds it on the fewest devices. A board's devices are
 * all used; linked machines are multiplied (powers of two) until the run ends within `deadlineSeconds`.
 */
export function compareTraining(
  request: Omit<TrainingRequest, 'machine'>,
  machines: Iterable<Machine>,
  deadlineSeconds: number,
): Candidate<TrainingPlan>[] {
  return [...machines].map((machine) => {
    const smallest = fitSetup(request.shape, request.setup, machine);
    if (smallest === null) return { machine, plan: planTraining({ ...request, machine }) };
    const planWith = (data: number) => {
      const zero = data > 1 ? (3 as const) : smallest.parallelism.zero;
      const setup = { ...smallest, parallelism: { ...smallest.parallelism, data, zero } };
      return planTraining({ ...request, machine, setup });
    };
    let data = Math.max(smallest.parallelism.data, Math.floor(machine.devices / smallest.parallelism.tensor));
    let plan = planWith(data);
    while (machine.linkBytesPerSecond !== undefined && plan.seconds > deadlineSeconds && plan.devices < 16_384) {
      data *= 2;
      plan = planWith(data);
    }
    return { machine, plan };
  });
}

/** What a reader waits for: TTFT in milliseconds and the pace of the text. */
export interface Interactivity {
  ttftSeconds: number;
  tokensPerSecond: number;
}

/**
 * The machine to serve on: of those that hold the model and are fast enough to read along, the cheapest per query;
 * where none is fast enough, the fastest that holds it.
 */
export function recommendServing(
  candidates: readonly Candidate<ServingPlan>[],
  wanted: Interactivity,
): Recommendation | null {
  const fitting = candidates.filter(({ plan }) => plan.fits);
  if (fitting.length === 0) return null;
  const fast = fitting.filter(
    ({ plan }) => plan.ttftSeconds <= wanted.ttftSeconds && plan.tokensPerSecondAlone >= wanted.tokensPerSecond,
  );
  const pool = fast.length > 0 ? fast : fitting;
  const price = ({ plan }: Candidate<ServingPlan>) => plan.cost?.perQuery ?? Number.POSITIVE_INFINITY;
  const best = [...pool].sort(
    fast.length > 0
      ? (a, b) => price(a) - price(b) || b.plan.tokensPerSecondAlone - a.plan.tokensPerSecondAlone
      : (a, b) => b.plan.tokensPerSecondAlone - a.plan.tokensPerSecondAlone,
  )[0]!;
  const { plan, machine } = best;
  const reasons = [
    `It holds the model with ${bytesText(plan.headroomBytes)} to spare; ${plan.mostSequences} conversations of this length fit at once.`,
    `First token after ${durationText(plan.ttftSeconds)}, then ${plan.tokensPerSecondAlone.toFixed(0)} tok/s for one reader.`,
  ];
  if (fast.length === 0) {
    reasons.push(
      `No machine reaches ${wanted.tokensPerSecond} tok/s and a first token in ${durationText(wanted.ttftSeconds)}: this is the fastest that holds it.`,
    );
  } else if (plan.cost !== null) {
    reasons.push(`Of ${fast.length} that are fast enough it is the cheapest: ${usdText(plan.cost.perQuery)} a query.`);
  }
  if (machine.id === 'this-machine') reasons.push('It is already here: no rent, and the data does not leave it.');
  return { machineId: machine.id, reasons };
}

/** The machine to train on: the cheapest run that fits and ends within `deadlineSeconds`, else the fastest. */
export function recommendTraining(
  candidates: readonly Candidate<TrainingPlan>[],
  deadlineSeconds: number,
): Recommendation | null {
  const fitting = candidates.filter(({ plan }) => plan.fits);
  if (fitting.length === 0) return null;
  const inTime = fitting.filter(({ plan }) => plan.seconds <= deadlineSeconds);
  const free = inTime.find(({ machine }) => machine.id === 'this-machine');
  const price = ({ plan }: Candidate<TrainingPlan>) => plan.rentUsd ?? Number.POSITIVE_INFINITY;
  const best =
    free ??
    [...(inTime.length > 0 ? inTime : fitting)].sort((a, b) =>
      inTime.length > 0 ? price(a) - price(b) || a.plan.seconds - b.plan.seconds : a.plan.seconds - b.plan.seconds,
    )[0]!;
  const { plan, machine } = best;
  const reasons = [
    plan.devices > 1
      ? `${plan.devices} devices share the run (${parallelismText(plan)}); ${plan.devicesNeeded} would hold it.`
      : `One device holds the run with ${bytesText(plan.headroomBytes)} to spare.`,
    `It ends in about ${durationText(plan.seconds)} at ${(100 * plan.mfu).toFixed(0)} % of the arithmetic peak.`,
  ];
  if (best === free) reasons.push('It is already here, and fast enough.');
  else if (inTime.length === 0) {
    reasons.push(`None ends within ${durationText(deadlineSeconds)}: this is the fastest.`);
  } else if (plan.rentUsd !== null) {
    reasons.push(`Of ${inTime.length} that end in time it is the cheapest: ${usdText(plan.rentUsd)}.`);
  }
  return { machineId: machine.id, reasons };
}

function parallelismText({ setup }: TrainingPlan): string {
  const { data, tensor, zero } = setup.parallelism;
  const parts = [`data ${data}${zero > 0 ? ` with ZeRO-${zero}` : ''}`];
  if (tensor > 1) parts.push(`tensor ${tensor}`);
  if (setup.recomputation !== 'none') parts.push(`${setup.recomputation} recomputation`);
  return parts.join(', ');
}
