import { FtsError } from '../../errors/fts-error.ts';

/** Who asks how much, from where. */
export interface Traffic {
  users: number;
  queriesPerUserPerDay: number;
  /** Edge sites that share the users. */
  sites: number;
  /** Exponent of the Zipf law by which sites differ in size: 0 makes all equal, 1 is typical of cities. */
  siteSkew: number;
  /** Busiest hour over the average hour of the same place. */
  peakToAverage: number;
  /**
   * Load by hour of a day at each place, in any unit: replicas are then started and stopped by the hour. Its own peak
   * replaces `peakToAverage`.
   */
  curve?: readonly number[] | undefined;
}

export interface FleetRules {
  /** Requests per second that one replica answers within its targets. */
  replicaRequestsPerSecond: number;
  /** Share of that capacity planned for: the rest absorbs bursts and failures. */
  targetUtilization: number;
  /** Replicas that each site keeps at the least: 2 survive a failure. */
  leastPerSite: number;
  usdPerReplicaHour: number | null;
}

export interface Fleet {
  /** Requests per second at the busiest hour, all sites together as if their peaks coincided. */
  peakRequestsPerSecond: number;
  replicas: number;
  largestSite: number;
  /** Average load over the whole capacity, day and night. */
  meanUtilization: number;
  usdPerMonth: number | null;
  usdPerQuery: number | null;
  /** Replicas that one central site would need: what spreading costs. */
  replicasCentral: number;
  /** With a curve: replicas running at each of its hours, all sites together, and what they cost. */
  hourly: { replicas: number[]; usdPerMonth: number | null } | null;
}

const secondsPerDay = 86_400;
const hoursPerMonth = 730.5;

/**
 * Replicas for a traffic over edge sites. Each site is sized for its own busiest hour, because sites in different time
 * zones do not help each other when a request has to stay near.
 */
export function planFleet(traffic: Traffic, rules: FleetRules): Fleet {
  if (rules.replicaRequestsPerSecond <= 0) {
    throw new FtsError('invalid-input', 'One replica cannot answer even a single request within its targets.', {
      field: 'replicaRequestsPerSecond',
      value: rules.replicaRequestsPerSecond,
      remedy: 'Choose a faster machine, fewer bits, a shorter prompt, or looser targets.',
    });
  }
  const averageRate = (traffic.users * traffic.queriesPerUserPerDay) / secondsPerDay;
  const peakRate = averageRate * peakOf(traffic);
  const planned = rules.replicaRequestsPerSecond * rules.targetUtilization;
  const shares = siteShares(traffic);
  const replicasAt = (rate: number, share: number) => Math.max(rules.leastPerSite, Math.ceil((rate * share) / planned));
  const total = (rate: number) => shares.reduce((sum, share) => sum + replicasAt(rate, share), 0);
  const replicas = total(peakRate);
  const largestSite = replicasAt(peakRate, shares[0]!);
  const byHour = hourlyRates(traffic, averageRate)?.map(total);
  const costOf = (running: number) =>
    rules.usdPerReplicaHour === null ? null : running * rules.usdPerReplicaHour * hoursPerMonth;
  const usdPerMonth = costOf(replicas);
  return {
    peakRequestsPerSecond: peakRate,
    replicas,
    largestSite,
    meanUtilization: averageRate / (replicas * rules.replicaRequestsPerSecond),
    usdPerMonth,
    usdPerQuery: usdPerMonth === null ? null : usdPerMonth / (averageRate * 3600 * hoursPerMonth),
    replicasCentral: replicasAt(peakRate, 1),
    hourly: byHour === undefined ? null : { replicas: byHour, usdPerMonth: costOf(mean(byHour)) },
  };
}

function peakOf({ curve, peakToAverage }: Traffic): number {
  return curve === undefined ? peakToAverage : Math.max(...curve) / mean(curve);
}

function hourlyRates({ curve }: Traffic, averageRate: number): number[] | undefined {
  return curve?.map((load) => (averageRate * load) / mean(curve));
}

/** Shares of the users by site, the largest first. */
function siteShares({ sites, siteSkew }: Traffic): number[] {
  const weights = Array.from({ length: sites }, (_, rank) => (rank + 1) ** -siteSkew);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface Sensitivity {
  input: string;
  /** Replicas when the input is lowered and raised by the same share. */
  lower: number;
  higher: number;
}

/** How the number of replicas moves when each input alone is `share` lower or higher, the most influential first. */
export function fleetSensitivity(traffic: Traffic, rules: FleetRules, share = 0.2): Sensitivity[] {
  const replicasWith = (change: Partial<Traffic & FleetRules>) =>
    planFleet({ ...traffic, ...change }, { ...rules, ...change }).replicas;
  const dials: [string, (factor: number) => Partial<Traffic & FleetRules>][] = [
    ['users', (factor) => ({ users: traffic.users * factor })],
    ['queriesPerUserPerDay', (factor) => ({ queriesPerUserPerDay: traffic.queriesPerUserPerDay * factor })],
    ['peakToAverage', (factor) => ({ curve: undefined, peakToAverage: peakOf(traffic) * factor })],
    ['replicaRequestsPerSecond', (factor) => ({ replicaRequestsPerSecond: rules.replicaRequestsPerSecond * factor })],
    ['targetUtilization', (factor) => ({ targetUtilization: rules.targetUtilization * factor })],
    ['sites', (factor) => ({ sites: Math.max(1, Math.round(traffic.sites * factor)) })],
    ['siteSkew', (factor) => ({ siteSkew: traffic.siteSkew * factor })],
  ];
  return dials
    .map(([input, change]) => ({
      input,
      lower: replicasWith(change(1 - share)),
      higher: replicasWith(change(1 + share)),
    }))
    .sort((a, b) => Math.abs(b.higher - b.lower) - Math.abs(a.higher - a.lower));
}
