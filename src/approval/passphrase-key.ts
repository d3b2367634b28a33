import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type ScryptOptions,
  scrypt,
  sign,
} from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Credential, fingerprintOf, type Signature } from './credential.ts';

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** scrypt's cost: 128 MiB and some tenths of a second for each try at a passphrase. */
export const usualCost = 2 ** 17;
const blockSize = 8;

/** A private key as it is kept: PKCS #8 under AES-256-GCM, whose key scrypt makes from the passphrase. */
export const encryptedKeySchema = z.object({
  cost: z
    .number()
    .int()
    .min(2)
    .max(2 ** 20),
  salt: z.string(),
  nonce: z.string(),
  tag: z.string(),
  ciphertext: z.string(),
});
type EncryptedKey = z.output<typeof encryptedKeySchema>;

/** A new Ed25519 key pair: what is public, and the private part encrypted under the passphrase. */
export async function makePassphraseKey(
  passphrase: string,
  cost: number,
): Promise<{ credential: Credential; encrypted: EncryptedKey; key: PassphraseKey }> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const id = `key-${fingerprintOf({ publicKey: spki }).slice(7, 23).replaceAll(/[+/]/g, '-')}`;
  const credential: Credential = { kind: 'passphrase', id, publicKey: spki };
  const key = new PassphraseKey(id, privateKey);
  return { credential, encrypted: await key.encrypt(passphrase, cost), key };
}

/** The private key, or undefined for a wrong passphrase (or bytes that were changed: the two look alike). */
export async function openPassphraseKey(
  credentialId: string,
  encrypted: EncryptedKey,
  passphrase: string,
): Promise<PassphraseKey | undefined> {
  const { cost, ...kept } = encrypted;
  const [salt, nonce, tag, ciphertext] = [kept.salt, kept.nonce, kept.tag, kept.ciphertext].map((text) =>
    Buffer.from(text, 'base64url'),
  ) as [Buffer, Buffer, Buffer, Buffer];
  const secret = await derive(passphrase, salt, cost);
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(credentialId)).setAuthTag(tag);
    const der = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    return new PassphraseKey(credentialId, privateKey);
  } catch {
    return undefined;
  } finally {
    secret.fill(0);
  }
}

/** An unlocked key. It signs, and is let go of as soon as the one thing is signed. */
export class PassphraseKey {
  readonly #credentialId: string;
  readonly #privateKey: KeyObject;

  constructor(credentialId: string, privateKey: KeyObject) {
    this.#credentialId = credentialId;
    this.#privateKey = privateKey;
  }

  sign(text: string): Signature {
    return {
      kind: 'passphrase',
      credentialId: this.#credentialId,
      signature: sign(null, Buffer.from(text), this.#privateKey).toString('base64url'),
    };
  }

  async encrypt(passphrase: string, cost: number): Promise<EncryptedKey> {
    const [salt, nonce] = [randomBytes(16), randomBytes(12)];
    const secret = await derive(passphrase, salt, cost);
    const der = this.#privateKey.export({ format: 'der', type: 'pkcs8' });
    const cipher = createCipheriv('aes-256-gcm', secret, nonce, { authTagLength: 16 });
    cipher.setAAD(Buffer.from(this.#credentialId));
    const ciphertext = Buffer.concat([cipher.update(der), cipher.final()]);
    der.fill(0);
    secret.fill(0);
    return {
      cost,
      salt: salt.toString('base64url'),
      nonce: nonce.toString('base64url'),
      tag: cipher.getAuthTag().toString('base64url'),
      ciphertext: ciphertext.toString('base64url'),
    };
  }
}

function derive(passphrase: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options = { N: cost, r: blockSize, p: 1, maxmem: 256 * cost * blockSize };
  return deriveKey(passphrase, salt, 32, options);
}
