import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { keyPrefix, type Scope, scopes } from '../../access/api-keys.ts';
import { type Caller, keylessCaller, mayUse } from '../../access/caller.ts';
import { publicUrl } from '../../config/public-url.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { authInfoOf } from '../../mcp/protocol/caller.ts';
import type { Services } from '../../services/context.ts';
import { isForwarded, isLoopback, isPeerLoopback } from '../forwarding.ts';
import type { Identity } from './identity.ts';
import { TokenVerifier } from './oauth.ts';
import { recordRefusal } from './recorded-refusal.ts';
import { requiredScope } from './required-scope.ts';

/** Keys never end by themselves in the protocol's eyes: their own expiry is checked at each request. */
const keyLifetimeSeconds = 3600;

/** Who holds a valid key or token. */
interface Holder {
  caller: Caller;
  expiresAtSeconds: number;
}

/** A page of this server says so by its `Origin`; every other request is a program's. It proves nothing by itself. */
function channelOf(context: Context, ownUrl: string): Caller['channel'] {
  const origin = context.req.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return 'http';
  const isOwn = origin === new URL(ownUrl).origin || new URL(origin).host === context.req.header('host');
  return isOwn ? 'console' : 'http';
}

/**
 * Who is asking, and may they? API keys and, where an issuer is set, OAuth 2.1 access tokens. A request that comes
 * straight from this machine needs no credential, unless `auth.required` says otherwise or the server can be reached
 * from elsewhere. A wrong key or token is refused everywhere; the placeholder that OpenAI clients must send to any server counts as none.
 */
export function authentication(services: Services): MiddlewareHandler<{ Variables: Identity }> {
  const { config, keys } = services;
  const always = config.values['auth.required'] || isReachable(services);
  const oauth = oauthOf(services);
  const verifier = oauth === undefined ? undefined : new TokenVerifier(oauth);
  const metadataUrl =
    oauth === undefined ? undefined : `${publicUrl(services)}/.well-known/oauth-protected-resource/mcp`;
  const refusal = (status: 401 | 403, error: FtsError, challenge: Record<string, string>): Response => {
    const parts = { ...(metadataUrl === undefined ? {} : { resource_metadata: metadataUrl }), ...challenge };
    const header = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
    return Response.json(
      { error: error.toJSON() },
      { status, headers: { 'WWW-Authenticate': ['Bearer realm="fts"', ...header].join(', ') } },
    );
  };

  const holderOf = async (token: string, channel: Caller['channel']): Promise<Holder | undefined> => {
    if (token.startsWith(keyPrefix)) {
      const key = keys.verify(token);
      if (key === undefined) return undefined;
      return {
        caller: { name: `key:${key.name}`, channel, credential: 'key', scopes: key.scopes },
        expiresAtSeconds: Math.floor(Date.now() / 1000) + keyLifetimeSeconds,
      };
    }
    const content = await verifier?.verify(token);
    if (content === undefined) return undefined;
    const { client, subject, scopes: granted, expiresAtSeconds } = content;
    const name = `oauth:${client}:${subject}`;
    return { caller: { name, channel, credential: 'token', scopes: granted }, expiresAtSeconds };
  };

  // Where nobody needs a credential, no issuer is set and it is no key of ours, it cannot be meant for us.
  const isPlaceholder = (credential: string | undefined, required: boolean): boolean =>
    credential !== undefined && !required && verifier === undefined && !credential.startsWith(keyPrefix);

  return async (context, next) => {
    const refuse = (status: 401 | 403, error: FtsError, challenge: Record<string, string>): Response => {
      recordRefusal(services, context, error);
      return refusal(status, error, challenge);
    };
    const scope = requiredScope(context.req.method, context.req.path);
    const credential = tokenOf(context);
    // Behind a proxy nothing is loopback: whoever is in front of it may be anybody.
    const required = always || isForwarded(context) || !isPeerLoopback(context);
    const token = isPlaceholder(credential, required) ? undefined : credential;
    if (token === undefined) {
      context.set('caller', { ...keylessCaller, channel: channelOf(context, publicUrl(services)) });
      if (!required || scope === undefined || context.req.method === 'OPTIONS') return next();
      return refuse(401, missing(), scope === 'any' ? {} : { scope });
    }
    let holder: Holder | undefined;
    try {
      holder = await holderOf(token, channelOf(context, publicUrl(services)));
    } catch (thrown) {
      const error = FtsError.from(thrown);
      if (error.kind !== 'unauthorized') throw error;
      return refuse(401, error, { error: 'invalid_token', error_description: error.message });
    }
    if (holder === undefined) {
      return refuse(401, invalid(), { error: 'invalid_token', error_description: 'The token is not valid.' });
    }
    const insufficientScope = (needed: Scope): Response =>
      refuse(403, tooLittle(needed), { error: 'insufficient_scope', scope: needed });
    const { caller, expiresAtSeconds } = holder;
    context.set('caller', caller);
    context.set('authInfo', authInfoOf(caller, expiresAtSeconds));
    context.set('insufficientScope', insufficientScope);
    if (scope !== undefined && scope !== 'any' && !mayUse(caller, scope)) return insufficientScope(scope);
    return next();
  };
}

/** RFC 9728: where a client learns which issuer to ask for a token. Nothing is published without an issuer. */
export function protectedResourceMetadata(services: Services): Hono {
  const routes = new Hono();
  const oauth = oauthOf(services);
  if (oauth === undefined) return routes;
  const metadata = {
    resource: oauth.audience,
    resource_name: 'FTS MCP Server',
    authorization_servers: [oauth.issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
  };
  for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])
    routes.get(path, (context) => context.json(metadata, 200, { 'Access-Control-Allow-Origin': '*' }));
  return routes;
}

/** Bound beyond loopback, or called by a name that is: then a request from loopback may be anybody’s. */
function isReachable({ config }: Services): boolean {
  return settingBeyondLoopback(config.values) !== undefined;
}

function settingBeyondLoopback(
  values: Services['config']['values'],
): ['server.host' | 'server.hosts' | 'server.url', string] | undefined {
  const { 'server.host': host, 'server.hosts': hosts, 'server.url': url } = values;
  if (!isLoopback(host)) return ['server.host', host];
  const named = hosts.find((name) => !isLoopback(name));
  if (named !== undefined) return ['server.hosts', named];
  return url === undefined || isLoopback(new URL(url).hostname) ? undefined : ['server.url', url];
}

/** Refuses to start where others can reach us while nobody could be told apart from anybody. */
export function requireCredentialsBeyondLoopback({ config, keys }: Services): void {
  const setting = settingBeyondLoopback(config.values);
  if (setting === undefined || keys.hasValidKey() || config.values['oauth.issuer'] !== undefined) return;
  const [field, value] = setting;
  throw new FtsError('forbidden', `Serving ${value} would let anybody on the network in.`, {
    field,
    value,
    remedy: 'Make a key first (fts keys create NAME --scopes read …) or set oauth.issuer; or serve loopback alone.',
  });
}

function oauthOf({ config }: Services) {
  const { 'oauth.issuer': issuer, 'oauth.jwks': jwksUrl, 'oauth.audience': audience } = config.values;
  if (issuer === undefined) return undefined;
  return {
    issuer,
    ...(jwksUrl === undefined ? {} : { jwksUrl }),
    audience: audience ?? `${publicUrl({ config })}/mcp`,
  };
}

/** `Authorization: Bearer`, or the header that Anthropic's clients send. */
function tokenOf(context: Context): string | undefined {
  const authorization = context.req.header('authorization');
  if (authorization === undefined) return context.req.header('x-api-key');
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
}

const missing = (): FtsError =>
  new FtsError('unauthorized', 'This server wants a key or a token.', {
    remedy: 'Send "Authorization: Bearer …" with a key from `fts keys create`.',
  });
const invalid = (): FtsError =>
  new FtsError('unauthorized', 'The key or token is not valid.', {
    remedy: 'Make a new key with `fts keys create`, or get a new token.',
  });
const tooLittle = (scope: Scope): FtsError =>
  new FtsError('forbidden', `This needs the scope "${scope}".`, {
    field: 'scope',
    value: scope,
    remedy: 'Use a key or token that has it.',
  });
