/** The same string apart from the text that it was cut from, which a slice that is kept would keep in memory. */
export function ownCopy(word: string): string {
  return Buffer.from(word, 'utf16le').toString('utf16le');
}
