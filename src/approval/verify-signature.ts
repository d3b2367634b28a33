import { createPublicKey, verify } from 'node:crypto';
import type { Credential, Signature } from './credential.ts';
import { passkeyProblem } from './verify-passkey.ts';

/** Why a signature does not count for a text under a credential; undefined when it does. */
export function signatureProblem(text: string, signature: Signature, credential: Credential): string | undefined {
  if (signature.credentialId !== credential.id) return 'it was made with another key';
  try {
    if (signature.kind === 'passkey' && credential.kind === 'passkey')
      return passkeyProblem(text, signature, credential);
    if (signature.kind === 'passphrase' && credential.kind === 'passphrase') {
      const key = createPublicKey({ key: Buffer.from(credential.publicKey, 'base64url'), format: 'der', type: 'spki' });
      if (key.asymmetricKeyType !== 'ed25519') return 'its key is not Ed25519';
      const isValid = verify(null, Buffer.from(text), key, Buffer.from(signature.signature, 'base64url'));
      return isValid ? undefined : 'the signature does not fit';
    }
  } catch {
    return 'the signature or the key cannot be read';
  }
  return 'it was made with another kind of key';
}
