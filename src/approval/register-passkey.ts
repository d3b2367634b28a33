import { createPublicKey } from 'node:crypto';
import { generateRegistrationOptions, verifyRegistrationResponse } from '@simplewebauthn/server';
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Approver } from './approver-record.ts';
import { type PasskeyCredential, passkeyCredentialSchema } from './credential.ts';
import { challengeOf, signedText } from './signed-text.ts';

const purpose = 'fts-passkey-registration/1';
const serverName = 'FTS MCP Server';
/** ES256, EdDSA, RS256: what authenticators offer and Node verifies. */
const algorithms = [-7, -8, -257];

/** What a browser answers to `navigator.credentials.create`, as `@simplewebauthn/browser` passes it on. */
export const registrationResponseSchema = z.object({
  id: z.string().max(2048),
  rawId: z.string().max(2048),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: z.string().max(8192),
    attestationObject: z.string().max(65_536),
    transports: z.array(z.string().max(32)).max(16).optional(),
  }),
  clientExtensionResults: z.record(z.string().max(64), z.unknown()).default({}),
});
export type RegistrationResponse = z.output<typeof registrationResponseSchema>;

/** For whom, for which page and when a passkey is made: the challenge is made from these, so nothing has to be kept. */
export interface RegistrationRequest {
  approver: Pick<Approver, 'id' | 'name' | 'credentials'>;
  /** Of the console's page: its host is the relying party. */
  origin: string;
  at: string;
}

/** The options for `navigator.credentials.create`. User verification is required: a touch alone does not approve. */
export function passkeyOptions(request: RegistrationRequest) {
  const { approver, origin } = request;
  return generateRegistrationOptions({
    rpID: relyingPartyOf(origin),
    rpName: serverName,
    userName: approver.name,
    userID: new Uint8Array(Buffer.from(approver.id)),
    challenge: new Uint8Array(Buffer.from(challengeFor(request), 'base64url')),
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    excludeCredentials: approver.credentials
      .filter((credential) => credential.kind === 'passkey')
      .map(({ id }) => ({ id })),
  });
}

/** The credential of a browser's answer, checked as WebAuthn level 3, section 7.1, says. Error: `invalid-input`. */
export async function passkeyOf(
  response: RegistrationResponse,
  request: RegistrationRequest,
): Promise<PasskeyCredential> {
  const rpId = relyingPartyOf(request.origin);
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, response: withoutUndefined(response.response), clientExtensionResults: {} },
      expectedChallenge: challengeFor(request),
      expectedOrigin: request.origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new Error('the browser’s answer does not fit');
    const { id, publicKey } = registrationInfo.credential;
    const { key, algorithm } = spkiOf(publicKey);
    const transports = response.response.transports ?? [];
    return passkeyCredentialSchema.parse({ kind: 'passkey', id, publicKey: key, algorithm, rpId, transports });
  } catch (cause) {
    throw new FtsError('invalid-input', `The passkey cannot be added: ${(cause as Error).message}`, {
      field: 'registration',
      remedy: 'Reload the page and try again.',
      cause,
    });
  }
}

/** WebAuthn takes host names only. Error: `invalid-input`, with the address to open instead. */
export function relyingPartyOf(origin: string): string {
  const { hostname, port } = new URL(origin);
  if (!/^[\d.]+$|^\[/.test(hostname)) return hostname;
  throw new FtsError('invalid-input', 'A passkey needs a host name, and this page has an address.', {
    field: 'origin',
    value: origin,
    remedy: `Open the console as http://localhost${port === '' ? '' : `:${port}`}.`,
  });
}

function challengeFor({ approver, origin, at }: RegistrationRequest): string {
  const keys = approver.credentials.map(({ id }) => id);
  return challengeOf(signedText(purpose, { approver: approver.id, keys, origin, at }));
}

/** A COSE key (RFC 9053) as SPKI, which Node and everybody else verifies with. */
function spkiOf(bytes: Uint8Array<ArrayBuffer>): { key: string; algorithm: number } {
  const given = decodeCredentialPublicKey(bytes);
  const text = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString('base64url');
  const jwk = cose.isCOSEPublicKeyEC2(given)
    ? { kty: 'EC', crv: 'P-256', x: text(given.get(cose.COSEKEYS.x)), y: text(given.get(cose.COSEKEYS.y)) }
    : cose.isCOSEPublicKeyOKP(given)
      ? { kty: 'OKP', crv: 'Ed25519', x: text(given.get(cose.COSEKEYS.x)) }
      : cose.isCOSEPublicKeyRSA(given)
        ? { kty: 'RSA', n: text(given.get(cose.COSEKEYS.n)), e: text(given.get(cose.COSEKEYS.e)) }
        : undefined;
  if (jwk === undefined) throw new Error('its key is of a kind that is not supported');
  const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  return { key: key.toString('base64url'), algorithm: given.get(cose.COSEKEYS.alg) ?? 0 };
}

function withoutUndefined({ transports: _transports, ...response }: RegistrationResponse['response']) {
  return response;
}
