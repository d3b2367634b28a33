/**
 * GPT-2's printable stand-ins for the 256 byte values: printable Latin-1 stands for itself, the others are shifted to
 * U+0100 and on. Index: byte; value: one character.
 */
export const byteCharacters: readonly string[] = buildAlphabet();

const byteOfCharacter = new Map(byteCharacters.map((character, byte) => [character, byte]));

function buildAlphabet(): string[] {
  const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let shifted = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : shifted++));
}

/** A byte-level token's text (`Ġhello`) as the bytes that it stands for; undefined if it is not byte-level. */
export function tokenTextToBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = byteOfCharacter.get(text[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
