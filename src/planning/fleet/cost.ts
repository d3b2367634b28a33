import type { Machine, Price } from '../machines/machine.ts';

/** The lowest rent per hour in the catalogue for a machine. */
export function cheapestRent(machine: Machine): Price | null {
  return cheapest(machine, 'rent');
}

/** The lowest price to buy a machine. */
export function cheapestPurchase(machine: Machine): Price | null {
  return cheapest(machine, 'buy');
}

function cheapest(machine: Machine, kind: Price['kind']): Price | null {
  const offers = machine.prices.filter((price) => price.kind === kind);
  return offers.reduce<Price | null>((best, offer) => (best === null || offer.usd < best.usd ? offer : best), null);
}

/** Cost assumptions for an owned machine. */
export interface Ownership {
  /** Years over which the purchase is written off. */
  years: number;
  usdPerKilowattHour: number;
  /** Power drawn, cooling included, divided by rated power. */
  powerFactor: number;
}

export const usualOwnership: Ownership = { years: 3, usdPerKilowattHour: 0.15, powerFactor: 1.2 };

export interface HourlyCost {
  usdPerHour: number;
  basis: 'rent' | 'own';
}

/** Dollars per hour: the rent if there is one, otherwise the purchase price written off over its years plus power. */
export function hourlyCost(machine: Machine, ownership: Ownership): HourlyCost | null {
  const rent = cheapestRent(machine);
  if (rent !== null) return { usdPerHour: rent.usd, basis: 'rent' };
  const purchase = cheapestPurchase(machine);
  if (purchase === null) return null;
  return { usdPerHour: purchase.usd / (ownership.years * 8766) + powerUsdPerHour(machine, ownership), basis: 'own' };
}

export function powerUsdPerHour(machine: Machine, ownership: Ownership): number {
  const watts = (machine.powerWatts ?? 0) * machine.devices;
  return (watts / 1000) * ownership.powerFactor * ownership.usdPerKilowattHour;
}

export interface TokenCost {
  /** Dollars per million prompt tokens while the machine only prefills. */
  perMillionIn: number;
  /** Dollars per million completion tokens while the machine only decodes, at the given batch size. */
  perMillionOut: number;
  perQuery: number;
}

/** Dollars per token and query from machine time. `utilization` is the busy share of the paid hours. */
export function tokenCost(
  usdPerHour: number,
  speed: { prefillTokensPerSecond: number; decodeTokensPerSecond: number },
  query: { promptTokens: number; completionTokens: number },
  utilization: number,
): TokenCost {
  const usdPerBusySecond = usdPerHour / 3600 / utilization;
  const perIn = usdPerBusySecond / speed.prefillTokensPerSecond;
  const perOut = usdPerBusySecond / speed.decodeTokensPerSecond;
  return {
    perMillionIn: perIn * 1e6,
    perMillionOut: perOut * 1e6,
    perQuery: perIn * query.promptTokens + perOut * query.completionTokens,
  };
}

export interface BreakEven {
  /** Queries after which a purchased machine has cost less than paying `usdPerQuery`; null if never. */
  queries: number | null;
  weeks: number | null;
  /** True if the machine cannot answer the given load. */
  overCapacity: boolean;
}

/**
 * When buying a machine becomes cheaper than paying per query: purchase / (price of a query − power cost of a query).
 */
export function breakEven(
  machine: Machine,
  load: { usdPerQuery: number; queriesPerDay: number; secondsPerQuery: number },
  ownership: Ownership,
): BreakEven | null {
  const purchase = cheapestPurchase(machine);
  if (purchase === null) return null;
  const powerPerQuery = (powerUsdPerHour(machine, ownership) / 3600) * load.secondsPerQuery;
  const saved = load.usdPerQuery - powerPerQuery;
  const overCapacity = load.queriesPerDay * load.secondsPerQuery > 86_400;
  if (saved <= 0) return { queries: null, weeks: null, overCapacity };
  const queries = Math.ceil(purchase.usd / saved);
  return { queries, weeks: queries / load.queriesPerDay / 7, overCapacity };
}
