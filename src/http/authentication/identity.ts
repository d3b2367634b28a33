import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Context } from 'hono';
import type { Actor } from '../../store/actor.ts';
import type { Scope } from '../../store/api-keys.ts';

/** What authentication leaves on a request for the routes behind it. */
export interface Identity {
  /** Undefined on loopback without a credential, where nobody had to prove anything. */
  authInfo?: AuthInfo;
  /** The answer to a caller whose credential lacks a scope, telling OAuth clients what to ask for. */
  insufficientScope?: (scope: Scope) => Response;
}

/**
 * Who sent this request, for the audit log. A key or token with `approve`, which is only ever granted by name, is a
 * person's own: it is how somebody in the console proves to be one, which a program on the same machine cannot.
 */
export function actorOf(context: Context): Actor {
  const { authInfo } = context.var as Identity;
  const isPerson = authInfo?.scopes.includes('approve') === true;
  return { name: authInfo?.clientId ?? 'local', channel: isPerson ? 'console' : 'http' };
}
