import { hostname, networkInterfaces } from 'node:os';
import { localhostAllowedHostnames, validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import type { Context, MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { FtsError } from '../errors/fts-error.ts';

/**
 * Refuses requests that were meant for another host (DNS rebinding) or come from another site's page. A request without
 * an `Origin`, as programs send it, passes; pages on an allowed host get CORS headers.
 */
export function requestGuard(allowedHostnames: readonly string[]): MiddlewareHandler {
  const allowed = [...allowedHostnames];
  const withCors = cors({
    origin: (origin) => (validateOriginHeader(origin, allowed).ok ? origin : null),
    allowHeaders: ['*', 'Authorization'],
    exposeHeaders: ['Mcp-Session-Id', 'Mcp-Protocol-Version', 'WWW-Authenticate'],
  });
  return async (context, next) => {
    const host = validateHostHeader(context.req.header('host') ?? new URL(context.req.url).host, allowed);
    if (!host.ok) return refuse(context, 'Host');
    const origin = context.req.header('origin');
    if (!validateOriginHeader(origin, allowed).ok) return refuse(context, 'Origin');
    return withCors(context, next);
  };
}

/** Names under which this server may be called: loopback, what the operator added, and, bound beyond loopback, this machine's own. */
export function allowedHostnames(boundHost: string, configured: readonly string[]): string[] {
  const names = new Set([...localhostAllowedHostnames(), ...configured]);
  if (!isLoopback(boundHost)) {
    names.add(hostname());
    for (const address of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []))
      names.add(address.family === 'IPv6' ? `[${address.address}]` : address.address);
    if (!['0.0.0.0', '::'].includes(boundHost)) names.add(boundHost);
  }
  return [...names];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function refuse(context: Context, header: 'Host' | 'Origin'): Response {
  const value = context.req.header(header);
  const error = new FtsError('forbidden', `This server does not answer for the ${header} "${value ?? ''}".`, {
    field: header,
    value,
    remedy: 'If that name is yours, add it to the setting server.hosts.',
  });
  return context.json({ error: error.toJSON() }, 403);
}
