import stringWidth from 'string-width';

/** Columns that a text takes in a terminal: two for wide characters, none for colours and combining marks. */
export const displayWidth = (text: string): number => stringWidth(text);

/** A text filled up with spaces to so many columns. */
export const padToWidth = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - displayWidth(text)))}`;

/** The same, with the text at the right end. */
export const padLeftToWidth = (text: string, width: number): string =>
  `${' '.repeat(Math.max(0, width - displayWidth(text)))}${text}`;
