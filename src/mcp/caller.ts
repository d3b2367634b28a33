import { type AuthInfo, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { Scope } from '../store/api-keys.ts';

/** Who sent a request, and what that key or token may do. */
export interface Caller {
  /** A key's or client's name, for the audit log; `local` when nobody had to prove anything. */
  name: string;
  scopes: ReadonlySet<string>;
}

/** Standard input, or loopback without any key: the person at this machine. */
const localCaller: Caller = { name: 'local', scopes: new Set(['admin', 'approve']) };

export function callerOf(authInfo: AuthInfo | undefined): Caller {
  return authInfo === undefined ? localCaller : { name: authInfo.clientId, scopes: new Set(authInfo.scopes) };
}

/** `admin` covers everything but `approve`, which is a person's and has to be granted by name. */
export function mayUse(caller: Caller, scope: Scope): boolean {
  return caller.scopes.has(scope) || (scope !== 'approve' && caller.scopes.has('admin'));
}

/** Refuses a caller without the right, in words that name what is missing. */
export function requireScope(caller: Caller, scope: Scope, what: string): void {
  if (mayUse(caller, scope)) return;
  throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `${what} needs the scope "${scope}".`, { scope });
}
