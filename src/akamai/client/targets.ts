import { FtsError } from '../../errors/fts-error.ts';
import type { Account, ServerKind } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import { edgeGridAuthorization } from '../edgegrid/sign-request.ts';
import type { AkamaiRequest, QueryValue } from './akamai-request.ts';

/** The server that a call goes to, and the headers that prove who calls. */
export interface Target {
  account: Account;
  server: ServerKind;
  origin: string;
  /** `at` is the moment of sending, in milliseconds since the epoch: a signature holds for a short time only. */
  authorize(method: string, url: URL, body: Uint8Array | undefined, at: number): Record<string, string>;
}

/** Fails with `unauthorized` where the account has no credentials for that server. */
export function targetOf(accounts: Accounts, request: AkamaiRequest): Target {
  const account = accounts.get(request.account);
  const server = request.server ?? (/^\/v4(beta)?\//.test(request.path) ? 'linode' : 'edgegrid');
  const missing = (what: string, remedy: string) =>
    new FtsError('unauthorized', `Account "${account.name}" has no ${what}.`, { field: 'account', remedy });
  if (server === 'linode') {
    const linode = account.linode;
    if (!linode) throw missing('Akamai Cloud (Linode) token', 'Set LINODE_TOKEN, or linode_token in that section.');
    const authorization = () => ({ authorization: `Bearer ${linode.token.reveal()}` });
    return { account, server, origin: linode.origin, authorize: authorization };
  }
  if (server === 'netstorage-usage') {
    const usage = account.netStorageUsage;
    if (!usage) throw missing('NetStorage usage host', 'Set netstorage_usage_host in that section of .edgerc.');
    return { account, server, origin: usage.origin, authorize: () => ({}) };
  }
  const keys = account.edgeGrid;
  if (!keys) throw missing('EdgeGrid keys', 'Add host, client_token, client_secret and access_token to that section.');
  return {
    account,
    server,
    origin: keys.origin,
    authorize: (method, url, body, at) => ({
      authorization: edgeGridAuthorization(keys, { method, url, body }, { at: new Date(at) }),
    }),
  };
}

/** The address of a call on its target, with the account switch key where the target takes one. */
export function requestUrl(target: Target, request: AkamaiRequest): URL {
  const url = new URL(target.origin);
  if (!request.path.startsWith('/') || /[?#\\]|\/(\.|%2e){1,2}(\/|$)/i.test(request.path)) {
    throw new FtsError('invalid-input', 'The path must be absolute, without a query, fragment or dot segments.', {
      field: 'path',
      value: request.path,
      remedy: 'Pass the query separately and encode the values of the path.',
    });
  }
  url.pathname = request.path;
  for (const [name, value] of queryPairs(request.query)) url.searchParams.append(name, value);
  const switchKey = request.accountSwitchKey ?? target.account.accountSwitchKey;
  const edgeGrid = target.origin === target.account.edgeGrid?.origin;
  if (edgeGrid && switchKey !== undefined) url.searchParams.append('accountSwitchKey', switchKey);
  // EdgeGrid signs the text of the URL: what is sent must be byte for byte what was signed, so spaces are %20.
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

function* queryPairs(query: Readonly<Record<string, QueryValue>> | undefined): Iterable<[string, string]> {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const item of value) yield [name, String(item)];
    else yield [name, String(value)];
  }
}
