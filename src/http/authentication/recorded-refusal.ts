import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { FtsError } from '../../errors/fts-error.ts';
import type { Services } from '../../services/context.ts';
import { cutText } from '../../store/bounded-value.ts';
import type { Identity } from './identity.ts';

/**
 * Records that a request was turned away at the door: by whom where a credential was valid, from where, and for what.
 * A reader without any credential is not recorded: browsers come so before somebody signs in, again and again.
 */
export function recordRefusal(services: Services, context: Context, error: FtsError): void {
  const { method, path } = context.req;
  const { caller } = context.var as Partial<Identity>;
  const isNobody = caller === undefined || caller.credential === 'none';
  if (isNobody && caller !== undefined && (method === 'GET' || method === 'HEAD')) return;
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>;
  const from = incoming?.socket.remoteAddress;
  services.refusals.record(
    {
      actor: isNobody ? 'unknown' : caller.name,
      channel: isNobody ? 'http' : caller.channel,
      action: 'auth.refused',
      subject: cutText(`${method} ${path}`),
      outcome: 'refused',
      details: {
        kind: error.kind,
        message: cutText(error.message),
        ...(from === undefined ? {} : { from }),
        ...(error.field === 'scope' ? { scope: error.value } : {}),
      },
    },
    `${error.message} ${from}`,
  );
}
