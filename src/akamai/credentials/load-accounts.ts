import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import type { Account, EdgeGridKeys } from './account.ts';
import { parseEdgerc } from './edgerc.ts';
import { loopbackOrHttpsOrigin } from './origin.ts';
import { Secret } from './secret.ts';

const MAX_BODY_BYTES = 131_072;
const LINODE_ORIGIN = 'https://api.linode.com';
const EDGE_GRID_KEYS = ['host', 'client_token', 'client_secret', 'access_token'] as const;

export interface LoadAccountsOptions {
  env?: NodeJS.ProcessEnv;
  /** Overrides `AKAMAI_EDGERC` and `~/.edgerc`; a named file must exist. */
  edgercPath?: string;
  home?: string;
}

/** The accounts that this process may use, and which of them is meant when a call names none. */
export interface Accounts {
  list(): readonly Account[];
  /** The account of that name, the default one without a name. Fails with the names there are. */
  get(name?: string): Account;
  readonly defaultName: string | undefined;
}

/**
 * Reads every account: sections of `.edgerc` (`host`, `client_token`, `client_secret`, `access_token`, `account_key`,
 * `max_body`, and our own `linode_token`, `linode_host`, `netstorage_usage_host`), then environment variables
 * (`AKAMAI_HOST`, `AKAMAI_SECTION_HOST`, …, `LINODE_TOKEN`), which win over a section of the same name. Nothing is
 * contacted.
 */
export function loadAccounts(options: LoadAccountsOptions = {}): Accounts {
  const env = options.env ?? process.env;
  const accounts = new Map<string, Account>();
  for (const account of fromEdgerc(options, env)) accounts.set(account.name, account);
  for (const account of fromEnvironment(env)) {
    const existing = accounts.get(account.name);
    accounts.set(account.name, existing ? { ...existing, ...account } : account);
  }
  return accountsOf([...accounts.values()], env.AKAMAI_EDGERC_SECTION ?? env.AKAMAI_SECTION);
}

/** The same interface over accounts that the caller holds already (tests, embedding). */
export function accountsOf(accounts: readonly Account[], preferred?: string): Accounts {
  const byName = new Map(accounts.map((account) => [account.name, account]));
  const names = [...byName.keys()];
  const defaultName = preferred ?? (byName.has('default') ? 'default' : names[0]);
  return {
    defaultName,
    list: () => accounts,
    get(name = defaultName) {
      const account = name === undefined ? undefined : byName.get(name);
      if (account) return account;
      if (names.length === 0) {
        throw new FtsError('unauthorized', 'No Akamai credentials are configured.', {
          field: 'account',
          remedy:
            'Create an API client in Control Center and save its .edgerc file in your home folder, or set AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_CLIENT_SECRET and AKAMAI_ACCESS_TOKEN; for Akamai Cloud set LINODE_TOKEN.',
        });
      }
      throw new FtsError('not-found', `There is no account "${name}" among the credentials.`, {
        field: 'account',
        value: name,
        remedy: `Use one of: ${names.join(', ')}.`,
      });
    },
  };
}

function fromEdgerc(options: LoadAccountsOptions, env: NodeJS.ProcessEnv): Account[] {
  const named = options.edgercPath ?? env.AKAMAI_EDGERC;
  const path = (named ?? join(options.home ?? homedir(), '.edgerc')).replace(
    /^~(?=$|[\\/])/,
    options.home ?? homedir(),
  );
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw FtsError.from(error);
  }
  const accounts: Account[] = [];
  for (const [name, keys] of parseEdgerc(text, path)) {
    const account = accountFromKeys(name, path, (key) => keys.get(key));
    if (account) accounts.push(account);
  }
  return accounts;
}

function fromEnvironment(env: NodeJS.ProcessEnv): Account[] {
  const sections = new Set<string>(['']);
  for (const variable of Object.keys(env)) {
    const match = /^AKAMAI_(?:(\w+)_)?HOST$/.exec(variable);
    if (match && match[1] !== undefined) sections.add(match[1]);
  }
  const accounts: Account[] = [];
  for (const section of sections) {
    const prefix = section === '' ? 'AKAMAI_' : `AKAMAI_${section}_`;
    const name = section === '' ? 'default' : section.toLowerCase();
    const account = accountFromKeys(name, 'environment', (key) => {
      if (key === 'linode_token') return section === '' ? (env.LINODE_TOKEN ?? env.LINODE_CLI_TOKEN) : undefined;
      if (key === 'linode_host') return section === '' ? env.LINODE_API_URL : undefined;
      return env[`${prefix}${key.toUpperCase()}`];
    });
    if (account) accounts.push(account);
  }
  return accounts;
}

function accountFromKeys(name: string, source: string, read: (key: string) => string | undefined): Account | undefined {
  const value = (key: string) => read(key)?.trim() || undefined;
  const edgeGrid = edgeGridKeys(name, source, value);
  const linodeToken = value('linode_token');
  const usageHost = value('netstorage_usage_host');
  const accountSwitchKey = value('account_key') ?? value('account_switch_key');
  if (!edgeGrid && linodeToken === undefined && usageHost === undefined) return undefined;
  const linodeHost = value('linode_host') ?? LINODE_ORIGIN;
  return {
    name,
    source,
    ...(edgeGrid ? { edgeGrid } : {}),
    ...(linodeToken === undefined
      ? {}
      : {
          linode: {
            origin: loopbackOrHttpsOrigin(linodeHost, `linode_host of ${name}`),
            token: new Secret(linodeToken),
          },
        }),
    ...(usageHost === undefined
      ? {}
      : { netStorageUsage: { origin: loopbackOrHttpsOrigin(usageHost, `netstorage_usage_host of ${name}`) } }),
    ...(accountSwitchKey === undefined ? {} : { accountSwitchKey }),
  };
}

function edgeGridKeys(
  name: string,
  source: string,
  value: (key: string) => string | undefined,
): EdgeGridKeys | undefined {
  const missing = EDGE_GRID_KEYS.filter((key) => value(key) === undefined);
  if (missing.length === EDGE_GRID_KEYS.length) return undefined;
  if (missing.length > 0) {
    throw new FtsError('invalid-input', `Account "${name}" (${source}) lacks ${missing.join(', ')}.`, {
      field: missing[0]!,
      remedy: `Add ${missing.join(', ')} from the API client's credential file.`,
    });
  }
  const maxBody = Number(value('max_body') ?? value('max_size') ?? MAX_BODY_BYTES);
  return {
    origin: loopbackOrHttpsOrigin(value('host')!, `host of ${name}`),
    clientToken: new Secret(value('client_token')!),
    clientSecret: new Secret(value('client_secret')!),
    accessToken: new Secret(value('access_token')!),
    // Files in the wild carry max_body values from old documentation; Akamai's servers hash up to their own limit only.
    maxBodyBytes: Number.isInteger(maxBody) && maxBody > 0 ? Math.min(maxBody, MAX_BODY_BYTES) : MAX_BODY_BYTES,
  };
}
