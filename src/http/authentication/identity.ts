import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Scope } from '../../access/api-keys.ts';
import type { Caller } from '../../access/caller.ts';

/** What authentication leaves on a request for the routes behind it. */
export interface Identity {
  caller: Caller;
  /** The same in the words of the MCP SDK. Undefined on loopback without a credential, where nobody had to prove anything. */
  authInfo?: AuthInfo;
  /** The answer to a caller whose credential lacks a scope, telling OAuth clients what to ask for. */
  insufficientScope?: (scope: Scope) => Response;
}
