import { createHash } from 'node:crypto';
import { z } from 'zod';

/** In its one form: another spelling of the same bytes would be another text with the same signature. */
const base64url = z
  .string()
  .regex(/^[\w-]+$/)
  .refine((text) => Buffer.from(text, 'base64url').toString('base64url') === text, 'No base64url');

/** An Ed25519 key whose private part is kept encrypted under a passphrase. */
const passphraseCredentialSchema = z.object({
  kind: z.literal('passphrase'),
  id: z.string().min(1),
  /** SPKI, DER, base64url. */
  publicKey: base64url,
});

/** A WebAuthn credential: the private key stays in the approver's device. */
export const passkeyCredentialSchema = z.object({
  kind: z.literal('passkey'),
  /** The authenticator's credential id, base64url. */
  id: base64url,
  /** SPKI, DER, base64url, made from the COSE key at registration. */
  publicKey: base64url,
  /** COSE algorithm: ES256, EdDSA, RS256. */
  algorithm: z.union([z.literal(-7), z.literal(-8), z.literal(-257)]),
  /** The host name that the passkey was made for. */
  rpId: z.string().min(1),
  transports: z.array(z.string().max(32)).max(16),
});
export type PasskeyCredential = z.output<typeof passkeyCredentialSchema>;

/** The public half of what an approver signs with. */
export const credentialSchema = z.discriminatedUnion('kind', [passphraseCredentialSchema, passkeyCredentialSchema]);
export type Credential = z.output<typeof credentialSchema>;

const passphraseSignatureSchema = z.object({
  kind: z.literal('passphrase'),
  credentialId: z.string().min(1),
  /** Ed25519 over the text itself. */
  signature: base64url,
});

/** A WebAuthn assertion whose challenge is the SHA-256 of the text. All parts base64url, as the browser gives them. */
export const passkeySignatureSchema = z.object({
  kind: z.literal('passkey'),
  credentialId: base64url,
  authenticatorData: base64url,
  clientDataJSON: base64url,
  signature: base64url,
});
export type PasskeySignature = z.output<typeof passkeySignatureSchema>;

export const signatureSchema = z.discriminatedUnion('kind', [passphraseSignatureSchema, passkeySignatureSchema]);
export type Signature = z.output<typeof signatureSchema>;

/** What people compare: SHA-256 of the public key, as SSH writes it. */
export function fingerprintOf({ publicKey }: Pick<Credential, 'publicKey'>): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64');
  return `SHA256:${digest.replaceAll('=', '')}`;
}
