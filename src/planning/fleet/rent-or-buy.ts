import type { Machine } from '../machines/machine.ts';
import { planServing, type ServingRequest } from '../serving/plan-serving.ts';
import { type BreakEven, breakEven, cheapestPurchase, hourlyCost, type Ownership, powerUsdPerHour } from './cost.ts';

export interface CostRow {
  machine: string;
  fits: boolean;
  /** `rent`, or `own`: the purchase price written off over its years plus power. */
  basis: 'rent' | 'own' | null;
  usdPerHour: number | null;
  usdPerMillionIn: number | null;
  usdPerMillionOut: number | null;
  usdPerQuery: number | null;
  /** Most queries that the machine can answer in a day. */
  queriesPerDay: number;
  purchaseUsd: number | null;
  /** Power cost of one query on a purchased machine. */
  powerUsdPerQuery: number;
  breakEven: BreakEven | null;
}

export interface CostComparison {
  rows: CostRow[];
  /** Price per query to compare with: the price given, or that of the cheapest rented machine that holds the model. */
  otherwise: { usdPerQuery: number; from: string } | null;
}

/**
 * Compares rent with purchase for one serving request: dollars per token and query, and when a purchase has paid off.
 */
export function compareCosts(
  request: Omit<ServingRequest, 'machine'>,
  machines: readonly Machine[],
  demand: { queriesPerDay: number; usdPerQuery?: number | undefined },
  ownership: Ownership,
): CostComparison {
  const plans = machines.map((machine) => ({ machine, plan: planServing({ ...request, machine, ownership }) }));
  const rented = plans
    .filter(({ machine, plan }) => plan.fits && hourlyCost(machine, ownership)?.basis === 'rent')
    .toSorted((a, b) => a.plan.cost!.perQuery - b.plan.cost!.perQuery)[0];
  const otherwise =
    demand.usdPerQuery !== undefined
      ? { usdPerQuery: demand.usdPerQuery, from: 'the price given' }
      : rented === undefined
        ? null
        : { usdPerQuery: rented.plan.cost!.perQuery, from: rented.machine.id };
  const rows = plans.map(({ machine, plan }): CostRow => {
    const secondsPerQuery =
      request.promptTokens / (plan.prefillTokensPerSecond * plan.replicas) +
      request.completionTokens / plan.tokensPerSecondBatched;
    const load = { queriesPerDay: demand.queriesPerDay, secondsPerQuery };
    return {
      machine: machine.id,
      fits: plan.fits,
      basis: hourlyCost(machine, ownership)?.basis ?? null,
      usdPerHour: plan.usdPerHour,
      usdPerMillionIn: plan.cost?.perMillionIn ?? null,
      usdPerMillionOut: plan.cost?.perMillionOut ?? null,
      usdPerQuery: plan.cost?.perQuery ?? null,
      queriesPerDay: 86_400 / secondsPerQuery,
      purchaseUsd: cheapestPurchase(machine)?.usd ?? null,
      powerUsdPerQuery: (powerUsdPerHour(machine, ownership) / 3600) * secondsPerQuery,
      breakEven:
        otherwise === null || !plan.fits
          ? null
          : breakEven(machine, { ...load, usdPerQuery: otherwise.usdPerQuery }, ownership),
    };
  });
  return { rows, otherwise };
}
