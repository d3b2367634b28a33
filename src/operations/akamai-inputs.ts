import { z } from 'zod';

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

export const networkField = z.enum(['STAGING', 'PRODUCTION']);

export function asOf({
  account,
  accountSwitchKey,
}: {
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
}) {
  return { account, accountSwitchKey };
}
