import { createHash } from 'node:crypto';
import { canonicalJson } from '../store/canonical-json.ts';

/**
 * What a signature is made over: one line that names the purpose and version, then canonical JSON. The first line keeps
 * a signature for one purpose from being used for another.
 */
export function signedText(purpose: string, content: object): string {
  return `${purpose}\n${canonicalJson(content)}`;
}

/** The JSON of a signed text, or undefined where it was made for another purpose or is no JSON. */
export function signedContent(purpose: string, text: string): unknown {
  const start = `${purpose}\n`;
  if (!text.startsWith(start)) return undefined;
  try {
    return JSON.parse(text.slice(start.length)) as unknown;
  } catch {
    return undefined;
  }
}

/** The challenge that a passkey signs for a text: its SHA-256, in base64url. */
export function challengeOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** SHA-256 of a text, in hexadecimal. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
