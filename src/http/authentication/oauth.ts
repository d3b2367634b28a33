import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { type Scope, scopes } from '../../access/api-keys.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { boundedText } from '../../runtime/bounded-body.ts';

export interface OAuthSettings {
  issuer: string;
  /** Where the issuer publishes its keys; found through its metadata when left out. */
  jwksUrl?: string;
  /** What a token must be made out for. */
  audience: string;
}

export interface Token {
  subject: string;
  client: string;
  scopes: Scope[];
  expiresAtSeconds: number;
}

/** Asymmetric only: a resource server must not hold anything that could make a token (RFC 9700, RFC 9068). */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.url() });
const metadataTimeoutMilliseconds = 5000;

/** Checks access tokens of one issuer: signature by its published keys, issuer, audience, times. */
export class TokenVerifier {
  private readonly settings: OAuthSettings;
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(settings: OAuthSettings) {
    this.settings = settings;
  }

  /** The token's content; `unauthorized` when anything about it is wrong, in words that say nothing of its content. */
  async verify(token: string): Promise<Token> {
    const payload = await this.checked(token);
    const named = typeof payload.client_id === 'string' ? payload.client_id : payload.azp;
    return {
      subject: payload.sub!,
      client: typeof named === 'string' ? named : payload.sub!,
      scopes: scopesOf(payload),
      expiresAtSeconds: payload.exp!,
    };
  }

  private async checked(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, await this.issuerKeys(), {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: 5,
      });
      return payload;
    } catch (error) {
      if (error instanceof FtsError) throw error;
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
        throw new FtsError('unavailable', 'The issuer’s keys cannot be read.', {
          field: 'oauth.issuer',
          value: issuer,
          remedy: 'Try again; if it stays so, check the settings oauth.issuer and oauth.jwks.',
          cause: error,
        });
      }
      throw new FtsError('unauthorized', reasonOf(error), { remedy: 'Get a new token.', cause: error });
    }
  }

  private issuerKeys(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.findKeys().catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private async findKeys(): Promise<JWTVerifyGetKey> {
    const { issuer, jwksUrl } = this.settings;
    return createRemoteJWKSet(new URL(jwksUrl ?? (await jwksFromMetadata(issuer))), { cooldownDuration: 30_000 });
  }
}

const longestMetadataBytes = 1 << 20;

/** RFC 8414, else OpenID Connect Discovery. */
async function jwksFromMetadata(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  for (const place of places) {
    const response = await fetch(place, { signal: AbortSignal.timeout(metadataTimeoutMilliseconds) });
    if (!response.ok) continue;
    const metadata = metadataSchema.safeParse(
      JSON.parse(await boundedText(response, longestMetadataBytes, `The metadata at ${place}`)),
    );
    if (metadata.success && metadata.data.issuer === issuer) return metadata.data.jwks_uri;
  }
  throw new Error(`no metadata of the issuer ${issuer}`);
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return 'The token was made out for another audience.';
  return 'The token is not valid.';
}

/** `scope` is one text with spaces (RFC 8693); some issuers write a list, or `scp`. */
function scopesOf(payload: JWTPayload): Scope[] {
  const claim = payload.scope ?? payload.scp;
  const words = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return scopes.filter((scope) => words.includes(scope) || words.includes(`fts:${scope}`));
}
