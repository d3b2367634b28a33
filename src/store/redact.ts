const hidden = '[secret]';

/** Field names whose value is never shown or recorded, compared without case, `-` and `_`. */
const secretName =
  /^(authorization|cookie|setcookie|password|passwd|passphrase|rootpass|secret|clientsecret|sharedsecret|clienttoken|accesstoken|refreshtoken|apikey|apitoken|token|privatekey|secretkey|keymaterial|kubeconfig|jwt|usertoken)$/;

const secretTexts: readonly RegExp[] = [
  /EG1-HMAC-SHA256 [^"\n]*/g,
  /\bBearer [A-Za-z0-9._~+/=-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bfts_[0-9a-f]{12}_[\w-]{43}/g,
  /\bsk-[\w-]{16,}/g,
  /(?<=\bhttps?:\/\/)[^\s/@"]+(?=@)/g,
  /\bakab-[a-z0-9]{16}-[a-z0-9]{16}\b(?!\.)/g,
];

/**
 * A copy of a JSON value without secrets: fields with a telling name, signatures, bearer tokens, private keys, and the
 * `known` secrets themselves wherever they occur.
 */
export function redact(value: unknown, known: readonly string[] = []): unknown {
  if (typeof value === 'string') return redactText(value, known);
  if (Array.isArray(value)) return value.map((item) => redact(item, known));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const isSecret = secretName.test(key.toLowerCase().replaceAll(/[-_]/g, '')) && !isPlaceholder(inner);
    return [redactText(key, known), isSecret ? hidden : redact(inner, known)];
  });
  return Object.fromEntries(entries);
}

function redactText(text: string, known: readonly string[]): string {
  let clean = text;
  for (const secret of known) if (secret.length >= 6) clean = clean.replaceAll(secret, hidden);
  for (const pattern of secretTexts) clean = clean.replaceAll(pattern, hidden);
  return clean;
}

/** Absent values say nothing, and hiding them would make two equal states look different from nothing. */
function isPlaceholder(value: unknown): boolean {
  return value === null || value === undefined || value === '' || typeof value === 'boolean';
}
