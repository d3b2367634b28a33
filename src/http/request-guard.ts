import { hostname, networkInterfaces } from 'node:os';
import { isJsonContentType, localhostAllowedHostnames, validateHostHeader } from '@modelcontextprotocol/server';
import type { Context, MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { publicUrl } from '../config/public-url.ts';
import { FtsError } from '../errors/fts-error.ts';
import type { Services } from '../services/context.ts';
import { isLoopback, schemeOf } from './forwarding.ts';
import { isForPrograms } from './routes-by-audience.ts';

/**
 * Refuses requests that were meant for another host (DNS rebinding), that come from a page other than our own or a
 * listed one, and changes that are not sent as JSON, which a page elsewhere cannot do unasked. Another port of this
 * machine is another site. Programs, which send no `Origin`, pass; listed pages get CORS headers.
 */
export function requestGuard({ config }: Pick<Services, 'config'>): MiddlewareHandler {
  const { 'server.hosts': hosts, 'server.origins': listed, 'server.proxies': proxies } = config.values;
  const allowed = allowedHostnames(config.values['server.host'], hosts);
  const withCors = cors({
    origin: (origin) => (listed.includes(origin) ? origin : null),
    allowHeaders: ['*', 'Authorization'],
    exposeHeaders: ['Mcp-Session-Id', 'Mcp-Protocol-Version', 'WWW-Authenticate'],
  });

  const isOwn = (origin: string, host: string, context: Context): boolean => {
    if (origin === new URL(publicUrl({ config })).origin) return true;
    if (origin !== originOf(`${schemeOf(context, proxies)}://${host}`)) return false;
    const { hostname: name, port, protocol } = new URL(origin);
    const usualPort = protocol === 'https:' ? 443 : 80;
    return hosts.includes(name) || Number(port || usualPort) === config.values['server.port'];
  };

  return async (context, next) => {
    const host = context.req.header('host') ?? new URL(context.req.url).host;
    if (!validateHostHeader(host, allowed).ok) return refuse(context, 'Host', host);
    const origin = context.req.header('origin');
    if (origin !== undefined && !listed.includes(origin) && !isOwn(origin, host, context))
      return refuse(context, 'Origin', origin);
    if (origin === undefined && isFromElsewhere(context)) return refuse(context, 'Sec-Fetch-Site', 'another site');
    if (changesSomething(context) && !isJsonContentType(context.req.header('content-type') ?? null)) {
      const error = new FtsError('invalid-input', 'A request that changes something is JSON.', {
        field: 'Content-Type',
        value: context.req.header('content-type') ?? '',
        remedy: 'Send it with "Content-Type: application/json".',
      });
      return context.json({ error: error.toJSON() }, 415);
    }
    return withCors(context, next);
  };
}

/** Browsers say where a request comes from, also where they send no `Origin`. Following a link to us is no attack. */
function isFromElsewhere({ req }: Context): boolean {
  const site = req.header('sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(isSafe(req.method) && req.header('sec-fetch-mode') === 'navigate');
}

/** MCP has content types and refusals of its own; the model APIs are called by programs that send none. */
function changesSomething({ req }: Context): boolean {
  return !isSafe(req.method) && req.path !== '/mcp' && !isForPrograms(req.path);
}

const isSafe = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method);

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Names under which this server may be called: loopback, what the operator added, and, bound beyond loopback, this machine's own. */
function allowedHostnames(boundHost: string, configured: readonly string[]): string[] {
  const names = new Set([...localhostAllowedHostnames(), ...configured]);
  if (!isLoopback(boundHost)) {
    names.add(hostname());
    for (const address of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []))
      names.add(address.family === 'IPv6' ? `[${address.address}]` : address.address);
    if (!['0.0.0.0', '::'].includes(boundHost)) names.add(boundHost);
  }
  return [...names];
}

/** Whoever is refused here may not be the operator, so what would let them in is in the documentation, not in the answer. */
function refuse(context: Context, field: 'Host' | 'Origin' | 'Sec-Fetch-Site', value: string): Response {
  const error = new FtsError('forbidden', `This server does not answer for the ${field} "${value}".`, {
    field,
    value,
    remedy:
      field === 'Host'
        ? 'Call it by the address that it printed when it started.'
        : 'Open the page from this server itself, or call it from a program.',
  });
  return context.json({ error: error.toJSON() }, 403);
}
