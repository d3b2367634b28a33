import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { PasskeyCredential, PasskeySignature } from './credential.ts';
import { challengeOf } from './signed-text.ts';

const clientDataSchema = z.looseObject({ type: z.string(), challenge: z.string(), origin: z.string() });

/** rpIdHash (32 bytes), flags (1), counter (4). */
const shortestAuthenticatorData = 37;
const userPresent = 0x01;
const userVerified = 0x04;

/**
 * Why a passkey's signature does not count for a text; undefined when it does. The steps are those of WebAuthn level 3,
 * section 7.2, for one known credential: type, challenge, origin, relying party, user presence and verification,
 * signature.
 */
export function passkeyProblem(
  text: string,
  assertion: PasskeySignature,
  credential: PasskeyCredential,
): string | undefined {
  const clientDataBytes = Buffer.from(assertion.clientDataJSON, 'base64url');
  const clientData = parseClientData(clientDataBytes);
  if (clientData?.type !== 'webauthn.get') return 'it is no assertion of a passkey';
  if (clientData.challenge !== challengeOf(text)) return 'it was made over something else';
  if (!isOriginOf(clientData.origin, credential.rpId)) return `it was made at ${clientData.origin}`;
  const data = Buffer.from(assertion.authenticatorData, 'base64url');
  if (data.length < shortestAuthenticatorData) return 'its authenticator data is cut off';
  const relyingParty = createHash('sha256').update(credential.rpId).digest();
  if (!data.subarray(0, 32).equals(relyingParty)) return 'it was made for another host';
  const flags = data[32]!;
  if ((flags & userPresent) === 0 || (flags & userVerified) === 0) return 'the authenticator did not verify the person';
  const signed = Buffer.concat([data, createHash('sha256').update(clientDataBytes).digest()]);
  const key = createPublicKey({
    key: Buffer.from(credential.publicKey, 'base64url'),
    format: 'der',
    type: 'spki',
  });
  const digest = credential.algorithm === -8 ? null : 'sha256';
  const isValid = verify(digest, signed, key, Buffer.from(assertion.signature, 'base64url'));
  return isValid ? undefined : 'the signature does not fit';
}

/** The authenticator's use counter of an assertion: zero where it keeps none. */
export function counterOf({ authenticatorData }: PasskeySignature): number {
  return Buffer.from(authenticatorData, 'base64url').readUInt32BE(33);
}

function parseClientData(bytes: Buffer): z.output<typeof clientDataSchema> | undefined {
  try {
    return clientDataSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A page of the host itself or of a host below it, over HTTPS or on this machine. */
function isOriginOf(origin: string, rpId: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  if (protocol !== 'https:' && hostname !== 'localhost') return false;
  return hostname === rpId || hostname.endsWith(`.${rpId}`);
}
