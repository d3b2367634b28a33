import { z } from 'zod';
import type { ChangePlan } from '../../akamai/changes/change-plan.ts';
import type { Decision } from '../../akamai/changes/decide-plan.ts';
import { passkeySignatureSchema } from '../../approval/credential.ts';
import { relyingPartyOf } from '../../approval/register-passkey.ts';
import { publicUrl } from '../../config/public-url.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { OperationContext } from '../../services/context.ts';
import { akamaiOf } from './akamai-services.ts';

/** What the console's page sends with a decision, and nothing else does. */
export const consoleFields = {
  shownDigest: z.string().optional().describe('From the console: digest of what the person saw'),
  passphrase: z.string().optional().describe('From the console: the approver’s passphrase, used once and forgotten'),
  passkey: z
    .object({ at: z.string(), assertion: passkeySignatureSchema })
    .optional()
    .describe('From the console: the moment that akamai.approve.begin gave, and the passkey’s answer'),
};
export const consoleFieldNames = Object.keys(consoleFields) as (keyof typeof consoleFields)[];

interface FromConsole {
  approver?: string | undefined;
  passphrase?: string | undefined;
  passkey?: { at: string; assertion: z.output<typeof passkeySignatureSchema> } | undefined;
}

/** Records a decision that the console's page sends, with a passphrase that unlocks a key here or a passkey's answer. */
export async function decideInConsole(
  planId: string,
  decision: Decision,
  { approver: name, passphrase, passkey }: FromConsole,
  context: OperationContext,
): Promise<ChangePlan> {
  const { plans, approvers } = akamaiOf(context);
  requireConsole(planId, context);
  if (decision.shownDigest === undefined) throw missing('shownDigest', 'Send the digest of the plan that was shown.');
  if (name === undefined) throw missing('approver', 'Send the name of the approver who signs.');
  const approver = approvers.find(name);
  if (passkey !== undefined) {
    const { at, assertion } = passkey;
    requireOwnPage(pageOf(assertion), context);
    return plans.decide(planId, decision, { approver, at, signature: assertion, channel: 'console' });
  }
  if (passphrase === undefined) throw missing('passphrase', 'Send a passphrase, or a passkey’s answer.');
  plans.draft(planId, decision, approver); // refused before a try at the passphrase is counted
  const signer = await approvers.unlock(name, passphrase, context.caller);
  const { text, at } = plans.draft(planId, decision, approver);
  return plans.decide(planId, decision, { approver, at, signature: signer.sign(text), channel: 'console' });
}

/** Fails unless the request comes from a page of this server. */
export function requireConsole(planId: string, { caller }: OperationContext): void {
  if (caller.channel === 'console') return;
  throw new FtsError('forbidden', 'A plan is decided by a person: in an interactive terminal, or in the console.', {
    field: 'planId',
    value: planId,
    remedy: `Run \`fts akamai approve ${planId}\` in a terminal, or open /console/plans/${planId}.`,
  });
}

const missing = (field: string, remedy: string): FtsError =>
  new FtsError('invalid-input', `The decision lacks ${field}.`, { field, remedy });

/** Fails unless the request comes from the page of this server that it names, which a passkey is then made for. */
export function requireConsolePage(origin: string, context: OperationContext): void {
  relyingPartyOf(origin);
  if (context.caller.channel !== 'console') throw notOwnPage(origin);
  requireOwnPage(origin, context);
}

/** A passkey knows its host and no port, so a page at another port of this machine could ask for its touch. */
function requireOwnPage(origin: string, { config }: Pick<OperationContext, 'config'>): void {
  const { 'server.port': port, 'server.hosts': hosts } = config.values;
  const own = [publicUrl({ config }), `http://localhost:${port}`].map((url) => new URL(url).origin);
  if (own.includes(origin) || hosts.includes(new URL(origin).hostname)) return;
  throw notOwnPage(origin);
}

function pageOf({ clientDataJSON }: z.output<typeof passkeySignatureSchema>): string {
  try {
    return clientDataSchema.parse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())).origin;
  } catch {
    throw new FtsError('invalid-input', 'The passkey’s answer cannot be read.', {
      field: 'passkey',
      remedy: 'Reload the page and try again.',
    });
  }
}

const clientDataSchema = z.looseObject({ origin: z.url().max(300) });

const notOwnPage = (origin: string): FtsError =>
  new FtsError('forbidden', 'A passkey is added and used on a page of this server’s console alone.', {
    field: 'origin',
    value: origin,
    remedy: 'Open /console/approvers, or the plan in the console.',
  });
