import { z } from 'zod';
import type { AkamaiCaller } from '../../akamai/client/akamai-request.ts';
import type { Account } from '../../akamai/credentials/account.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

const checked = z.object({
  ok: z.boolean(),
  who: z.string().optional().describe('Name of the API client or of the cloud user'),
  details: z.record(z.string(), z.unknown()).optional(),
  problem: z.string().optional(),
});

export const akamaiWhoami = defineOperation({
  name: 'akamai.whoami',
  title: 'Show the Akamai credentials in use',
  description:
    'Lists the configured accounts (sections of .edgerc, environment variables, Akamai Cloud tokens) without their secrets and asks Akamai who each one is. Use it first when calls are refused, or to find the name of an account.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  example: 'fts akamai whoami',
  input: z.object({
    account: z.string().optional().describe('Only this account'),
    check: z.boolean().default(true).describe('Ask Akamai; without it only the local credentials are listed'),
  }),
  output: z.object({
    defaultAccount: z.string().nullable(),
    accounts: z.array(
      z.object({
        name: z.string(),
        source: z.string(),
        host: z.string().nullable(),
        accountSwitchKey: z.string().nullable(),
        edgeGrid: checked.nullable(),
        cloud: checked.nullable(),
      }),
    ),
  }),
  async run({ account, check }, context) {
    const akamai = akamaiOf(context);
    const { accounts } = akamai;
    const client = akamai.reads(context.caller);
    const chosen = account === undefined ? accounts.list() : [accounts.get(account)];
    if (chosen.length === 0) accounts.get(); // says how to configure one
    const rows = chosen.map(async (entry: Account) => ({
      name: entry.name,
      source: entry.source,
      host: entry.edgeGrid?.origin ?? null,
      accountSwitchKey: entry.accountSwitchKey ?? null,
      edgeGrid: entry.edgeGrid ? await ask(check, () => apiClient(client, entry.name, context.signal)) : null,
      cloud: entry.linode ? await ask(check, () => cloudUser(client, entry.name, context.signal)) : null,
    }));
    return { defaultAccount: accounts.defaultName ?? null, accounts: await Promise.all(rows) };
  },
  render: ({ defaultAccount, accounts }) =>
    accounts.map((account) => accountLines(account, account.name === defaultAccount)).join('\n'),
});

type Checked = z.output<typeof checked>;

interface Row {
  name: string;
  source: string;
  host: string | null;
  accountSwitchKey: string | null;
  edgeGrid: Checked | null;
  cloud: Checked | null;
}

function accountLines({ name, source, host, accountSwitchKey, edgeGrid, cloud }: Row, isDefault: boolean): string {
  const acting = accountSwitchKey === null ? '' : `, acting on ${accountSwitchKey}`;
  const lines = [`${name}${isDefault ? ' (default)' : ''}: ${source}`];
  if (edgeGrid !== null) lines.push(`  Akamai  ${host}${acting}: ${saidBy(edgeGrid)}`);
  if (cloud !== null) lines.push(`  Cloud   ${saidBy(cloud)}`);
  return lines.join('\n');
}

const saidBy = ({ ok, who, problem }: Checked): string =>
  ok ? (who === undefined ? 'credentials are there' : `is ${who}`) : `refused. ${problem ?? ''}`;

async function ask(check: boolean, who: () => Promise<Checked>): Promise<Checked> {
  if (!check) return { ok: true };
  try {
    return await who();
  } catch (error) {
    const { kind, message, remedy } = FtsError.from(error);
    if (kind === 'cancelled') throw error;
    return { ok: false, problem: remedy === undefined ? message : `${message} ${remedy}` };
  }
}

const selfAnswer = z.looseObject({
  clientName: z.string().optional(),
  clientType: z.string().optional(),
  clientDescription: z.string().nullish(),
  allowAccountSwitch: z.boolean().optional(),
  activeCredentialCount: z.number().optional(),
});

async function apiClient(client: AkamaiCaller, account: string, signal: AbortSignal): Promise<Checked> {
  const { body } = await client.requestOk({
    method: 'GET',
    path: '/identity-management/v3/api-clients/self',
    account,
    signal,
  });
  const { clientName, clientType, allowAccountSwitch, activeCredentialCount } = selfAnswer.parse(body);
  return {
    ok: true,
    ...(clientName === undefined ? {} : { who: clientName }),
    details: { clientType, allowAccountSwitch, activeCredentialCount },
  };
}

const profileAnswer = z.looseObject({ username: z.string().optional(), restricted: z.boolean().optional() });

async function cloudUser(client: AkamaiCaller, account: string, signal: AbortSignal): Promise<Checked> {
  const { body } = await client.requestOk({ method: 'GET', path: '/v4/profile', account, signal });
  const { username, restricted } = profileAnswer.parse(body);
  return { ok: true, ...(username === undefined ? {} : { who: username }), details: { restricted } };
}
