import { visibleControls, visibleJson, visibleJsonText } from '../text/visible-text.ts';

/** The styles that we use (picocolors); text from outside can bring no others, so that it hides and moves nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins every style
const ownStyle = /(\x1b\[(?:[0-2]|22|3[1-6]|39)m)/;

/**
 * The one way to this process's terminal: whatever else a text has in it, only line breaks, tabs and our own styles
 * reach the screen. Values from outside were made visible before they were laid out (`renderOutput`, `FtsError`); this
 * is what holds where that was forgotten.
 */
export function terminalText(text: string): string {
  return text
    .split(ownStyle)
    .map((part, index) => (index % 2 === 1 ? part : visibleControls(part)))
    .join('');
}

/** Writes to standard output: what the command was asked for. */
export function writeResult(text: string): void {
  process.stdout.write(terminalText(text));
}

/** Writes JSON to standard output, for programs: it reads back as it was, and shows nothing raw to people. */
export function writeJsonResult(value: unknown): void {
  process.stdout.write(`${visibleJson(value, 2)}\n`);
}

/** Writes to standard error: what happens on the way, errors, questions. */
export function writeNote(text: string): void {
  process.stderr.write(terminalText(text));
}

/** Standard error as a logger's destination, for lines of JSON. */
export const logOutput = {
  write(line: string): void {
    process.stderr.write(visibleJsonText(line));
  },
};
