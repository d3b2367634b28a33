import { z } from 'zod';

const networks = ['STAGING', 'PRODUCTION'] as const;
export type Network = (typeof networks)[number];

const exact = z.enum(networks, { error: 'Name the network: STAGING or PRODUCTION' });
const upperCase = (value: Network | Lowercase<Network>) =>
  typeof value === 'string' ? (value.toUpperCase() as Network) : value;

/**
 * One of Akamai's two networks, in upper or lower case: PAPI and EdgeWorkers write `STAGING`, Fast Purge and EdgeKV
 * write `staging`. It has no default: a change names its network.
 */
export const networkSchema = z.preprocess(upperCase, exact);

/** For reads alone, which may assume the network that users reach. */
export const networkOrProduction = z.preprocess(upperCase, exact.default('PRODUCTION'));

/** As the paths of Fast Purge and EdgeKV name it. */
export function networkInPath(network: Network): Lowercase<Network> {
  return network === 'STAGING' ? 'staging' : 'production';
}
