import { FtsError } from '../../errors/fts-error.ts';

/** The number of users, their queries, and their distribution over sites and hours. */
export interface Traffic {
  users: number;
  queriesPerUserPerDay: number;
  /** Edge sites that share the users. */
  sites: number;
  /** Exponent of the Zipf distribution of site sizes: 0 makes all equal, 1 is typical of cities. */
  siteSkew: number;
  /** Load of a site's busiest hour divided by its average hour. */
  peakToAverage: number;
  /**
   * Load of each site by hour of the day, in any unit. Replicas are then started and stopped by the hour, and the peak
   * of the curve replaces `peakToAverage`.
   */
  curve?: readonly number[] | undefined;
}

export interface FleetRules {
  /** Requests per second that one replica answers within its targets. */
  replicaRequestsPerSecond: number;
  /** Share of that capacity to plan for; the rest absorbs bursts and failures. */
  targetUtilization: number;
  /** Least replicas per site; with 2, a site survives the failure of one. */
  leastPerSite: number;
  usdPerReplicaHour: number | null;
}

export interface Fleet {
  /** Requests per second of all sites at their busiest hour, as if all peaks coincided. */
  peakRequestsPerSecond: number;
  replicas: number;
  largestSite: number;
  /** Average load of a whole day divided by the total capacity. */
  meanUtilization: number;
  usdPerMonth: number | null;
  usdPerQuery: number | null;
  /** Replicas that a single central site would need, to show the cost of distributing them. */
  replicasCentral: number;
  /** With a curve: running replicas of all sites for each hour, and their cost. */
  hourly: { replicas: number[]; usdPerMonth: number | null } | null;
}

const secondsPerDay = 86_400;
const hoursPerMonth = 730.5;

/**
 * Plans the replicas for traffic spread over edge sites. Each site is sized for its own busiest hour, because requests
 * have to stay near their users, so that sites in other time zones cannot take over the load.
 */
export function planFleet(traffic: Traffic, rules: FleetRules): Fleet {
  if (rules.replicaRequestsPerSecond <= 0) {
    throw new FtsError('invalid-input', 'One replica cannot answer even a single request within its targets.', {
      field: 'replicaRequestsPerSecond',
      value: rules.replicaRequestsPerSecond,
      remedy: 'Choose a faster machine, fewer bits, a shorter prompt, or less strict targets.',
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

/** Each site's share of the users, the largest first. */
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
  /** Replicas if the input is lowered or raised by the same share. */
  lower: number;
  higher: number;
}

/** How the number of replicas changes if one input at a time is `share` lower or higher, the most influential first. */
export function fleetSensitivity(traffic: Traffic, rules: FleetRules, share = 0.2): Sensitivity[] {
  const replicasWith = (change: Partial<Traffic & FleetRules>) =>
    planFleet({ ...traffic, ...change }, { ...rules, ...change }).replicas;
  const variations: [string, (factor: number) => Partial<Traffic & FleetRules>][] = [
    ['users', (factor) => ({ users: traffic.users * factor })],
    ['queriesPerUserPerDay', (factor) => ({ queriesPerUserPerDay: traffic.queriesPerUserPerDay * factor })],
    ['peakToAverage', (factor) => ({ curve: undefined, peakToAverage: peakOf(traffic) * factor })],
    ['replicaRequestsPerSecond', (factor) => ({ replicaRequestsPerSecond: rules.replicaRequestsPerSecond * factor })],
    ['targetUtilization', (factor) => ({ targetUtilization: rules.targetUtilization * factor })],
    ['sites', (factor) => ({ sites: Math.max(1, Math.round(traffic.sites * factor)) })],
    ['siteSkew', (factor) => ({ siteSkew: traffic.siteSkew * factor })],
  ];
  return variations
    .map(([input, change]) => ({
      input,
      lower: replicasWith(change(1 - share)),
      higher: replicasWith(change(1 + share)),
    }))
    .sort((a, b) => Math.abs(b.higher - b.lower) - Math.abs(a.higher - a.lower));
}
