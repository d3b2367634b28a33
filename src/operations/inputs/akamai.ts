import { z } from 'zod';
import type { Network } from '../../akamai/network.ts';
import { FtsError } from '../../errors/fts-error.ts';

/** Input fields that most Akamai operations share. */
export const asFields = {
  account: z.string().optional().describe('Section of the credentials; the default one without it'),
  accountSwitchKey: z.string().optional().describe('Act on another account that this client manages'),
};

export const planFields = {
  ...asFields,
  reason: z.string().max(500).optional().describe('Why, for whoever approves it'),
  expiresInMinutes: z.number().int().min(1).max(1440).default(60).describe('Not applied after this time'),
};

/** A change names its network; there is none that is meant without saying. */
export function requireNetwork(network: Network | undefined, action: string): Network {
  if (network !== undefined) return network;
  throw new FtsError('invalid-input', `${action} needs the network: STAGING or PRODUCTION.`, {
    field: 'network',
    remedy: 'Give network: STAGING or PRODUCTION.',
  });
}

export function asOf({
  account,
  accountSwitchKey,
}: {
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
}) {
  return { account, accountSwitchKey };
}
