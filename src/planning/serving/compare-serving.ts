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
import { parseWeightFormat } from '../shapes/weight-formats.ts';
import { planServing, type ServingPlan, type ServingRequest } from './plan-serving.ts';

interface Candidate {
  machine: Machine;
  plan: ServingPlan;
}

/** The latency that a reader expects: time to first token, and tokens per second after it. */
export interface Interactivity {
  ttftSeconds: number;
  tokensPerSecond: number;
}

/** Plans the same serving request on every machine, recommends one, and plans each variation on it. */
export function compareServing(
  request: Omit<ServingRequest, 'machine'>,
  machines: readonly Machine[],
  wanted: Interactivity,
  variations: readonly Variation[],
): PlanAnswer {
  const candidates = machines.map((machine) => ({ machine, plan: planServing({ ...request, machine }) }));
  const recommended = recommendServing(candidates, wanted);
  const rows = candidates.map((candidate) => ({ row: servingRow(candidate), parts: partsOf(candidate.plan) }));
  const focusId = focusOf({ machines: rows, recommended }).row.machine;
  const focus = machines.find(({ id }) => id === focusId)!;
  const whatIf = settingsOf(variations).map((settings) => {
    const load = {
      ...request.load,
      ...(settings.context === undefined ? {} : { contextTokens: Number(settings.context) }),
      ...(settings.batch === undefined ? {} : { sequences: Number(settings.batch) }),
      ...(settings.bits === undefined ? {} : { format: parseWeightFormat(String(settings.bits)) }),
    };
    const plan = planServing({ ...request, load, machine: focus });
    return {
      setting: settingText(settings),
      machine: focus.id,
      memoryBytes: plan.memory.total,
      fits: plan.fits,
      ttftSeconds: plan.ttftSeconds,
      tokensPerSecond: plan.tokensPerSecondBatched,
      usdPerQuery: plan.cost?.perQuery ?? null,
    };
  });
  return { machines: rows, recommended, whatIf };
}

/**
 * The machine to serve on: the one with the lowest price per query among those that hold the model and are as fast as
 * wanted; if none is, the fastest that holds the model.
 */
function recommendServing(candidates: readonly Candidate[], wanted: Interactivity): Recommendation | null {
  const fitting = candidates.filter(({ plan }) => plan.fits);
  if (fitting.length === 0) return null;
  const fast = fitting.filter(
    ({ plan }) => plan.ttftSeconds <= wanted.ttftSeconds && plan.tokensPerSecondAlone >= wanted.tokensPerSecond,
  );
  // A machine without a price counts as already paid for.
  const price = ({ plan }: Candidate) => plan.cost?.perQuery ?? 0;
  const speed = ({ plan }: Candidate) => plan.tokensPerSecondAlone;
  const best = (
    fast.length > 0
      ? fast.toSorted((a, b) => price(a) - price(b) || speed(b) - speed(a))
      : fitting.toSorted((a, b) => speed(b) - speed(a))
  )[0]!;
  const { plan, machine } = best;
  const reasons = [
    `It holds the model with ${bytesText(plan.headroomBytes)} to spare; ${plan.mostSequences} conversations of this length fit at once.`,
    `First token after ${durationText(plan.ttftSeconds)}, then ${plan.tokensPerSecondAlone.toFixed(0)} tok/s for one reader.`,
  ];
  if (fast.length === 0) {
    reasons.push(
      `No machine reaches ${wanted.tokensPerSecond} tok/s and a first token in ${durationText(wanted.ttftSeconds)}: this is the fastest that holds the model.`,
    );
  } else if (plan.cost !== null) {
    reasons.push(`Of ${fast.length} that are fast enough it is the cheapest: ${usdText(plan.cost.perQuery)} a query.`);
  }
  if (machine.id === 'this-machine') reasons.push('You already have it: no rent, and the data stays on this machine.');
  return { machine: machine.id, reasons };
}

function servingRow({ machine, plan }: Candidate): PlanRow {
  return {
    ...memoryRow(machine, plan),
    serving: {
      ttftSeconds: plan.ttftSeconds,
      prefillTokensPerSecond: plan.prefillTokensPerSecond,
      tokensPerSecondAlone: plan.tokensPerSecondAlone,
      tokensPerSecondBatched: plan.tokensPerSecondBatched,
      mostSequences: plan.mostSequences,
      usdPerHour: plan.usdPerHour,
      usdPerMillionIn: plan.cost?.perMillionIn ?? null,
      usdPerMillionOut: plan.cost?.perMillionOut ?? null,
      usdPerQuery: plan.cost?.perQuery ?? null,
    },
  };
}

function partsOf({ memory }: ServingPlan): MemoryPart[] {
  return [
    { label: 'weights', bytes: memory.weights },
    { label: 'KV cache', bytes: memory.cache },
    { label: 'working', bytes: memory.working },
    { label: 'runtime', bytes: memory.runtime },
  ];
}
