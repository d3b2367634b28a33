import { type AuthInfo, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Scope, scopes } from '../../access/api-keys.ts';
import { type Caller, callerSchema, keylessCaller, mayUse } from '../../access/caller.ts';
import type { Services } from '../../services/context.ts';
import { cutText } from '../../store/bounded-value.ts';

/** What HTTP leaves beside a credential's name and scopes: which kind of credential it was. */
const extraSchema = z.object({ credential: callerSchema.shape.credential });

/** A caller in the words of the MCP SDK, which carries them to the handlers. The credential itself goes no further. */
export function authInfoOf({ name, scopes: granted, credential }: Caller, expiresAtSeconds?: number): AuthInfo {
  return {
    token: '',
    clientId: name,
    scopes: granted,
    ...(expiresAtSeconds === undefined ? {} : { expiresAt: expiresAtSeconds }),
    extra: { credential },
  };
}

/** Whoever sent a message: over HTTP with what was proven there, over standard input the person who started us. */
export function callerOf(http: { authInfo?: AuthInfo | undefined } | undefined): Caller {
  const { authInfo } = http ?? {};
  if (authInfo === undefined) {
    return { ...keylessCaller, channel: 'mcp', credential: http === undefined ? 'stdio' : 'none' };
  }
  return {
    name: authInfo.clientId,
    channel: 'mcp',
    credential: extraSchema.parse(authInfo.extra ?? {}).credential,
    scopes: scopes.filter((scope) => authInfo.scopes.includes(scope)),
  };
}

/** Refuses a caller without the right, in words that name what is missing, and with a row of the audit log. */
export function requireScope(
  caller: Caller,
  scope: Scope,
  what: string,
  { refusals }: Pick<Services, 'refusals'>,
): void {
  if (mayUse(caller, scope)) return;
  const { name: actor, channel, credential } = caller;
  const message = `${cutText(what)} needs the scope "${scope}".`;
  refusals.record(
    {
      actor,
      channel,
      action: 'auth.refused',
      subject: cutText(what),
      outcome: 'refused',
      details: { kind: 'forbidden', message, credential, scope },
    },
    scope,
  );
  throw new ProtocolError(ProtocolErrorCode.InvalidRequest, message, { scope });
}
