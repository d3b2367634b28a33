import { FtsError } from '../../errors/fts-error.ts';
import type { Secret } from './secret.ts';

/** Keys of an API client, as Akamai's Control Center hands them out. `origin` is the only host they are ever sent to. */
export interface EdgeGridKeys {
  origin: string;
  clientToken: Secret;
  clientSecret: Secret;
  accessToken: Secret;
  /** POST bodies are hashed up to this many bytes; Akamai's limit is 131,072. */
  maxBodyBytes: number;
}

/** Where a catalogue API is served: the API client's own host, Akamai Cloud (Linode), or NetStorage's usage host. */
export type ServerKind = 'edgegrid' | 'linode' | 'netstorage-usage';

/** One named set of credentials: a section of `.edgerc`, or the environment's. */
export interface Account {
  /** The section's name, by which calls and plans refer to it. */
  name: string;
  /** Where it was found, for `whoami` and errors: a file path or `environment`. */
  source: string;
  edgeGrid?: EdgeGridKeys;
  /** Akamai Cloud (Linode v4): a personal access token. */
  linode?: { origin: string; token: Secret };
  /** NetStorage usage reports: the host carries its own key in its name. */
  netStorageUsage?: { origin: string };
  /** Added to every EdgeGrid call of this account unless the call names another (`accountSwitchKey`). */
  accountSwitchKey?: string;
}

/** The host that an account's calls to a server go to. Throws where the account has no credentials for it. */
export function originOf(account: Account, server: ServerKind): string {
  const origin =
    server === 'linode'
      ? account.linode?.origin
      : server === 'netstorage-usage'
        ? account.netStorageUsage?.origin
        : account.edgeGrid?.origin;
  if (origin !== undefined) return origin;
  throw new FtsError('unauthorized', `Account "${account.name}" has no credentials for this API.`, {
    field: 'account',
    value: account.name,
    remedy: 'Name another account, or add the credentials to that section.',
  });
}
