import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { FtsError } from '../errors/fts-error.ts';
import { terminalText } from '../runtime/terminal-output.ts';
import type { TerminalPerson } from '../services/terminal-person.ts';
import { visibleLine, visibleLines } from '../text/visible-text.ts';

/**
 * How the person at this terminal is asked: undefined where input or output is no terminal, so that neither a pipe nor a
 * program's child process can answer for them.
 */
export function terminalPerson(input: NodeJS.ReadStream, output: NodeJS.WriteStream): TerminalPerson | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return {
    show: (text) => void output.write(terminalText(`${visibleLines(text)}\n`)),
    ask: (question) => askLine(input, output, terminalText(visibleLine(question)), false),
    askHidden: (question) => askLine(input, output, terminalText(visibleLine(question)), true),
  };
}

/** One line through readline, which knows the terminal's keys; hidden, nothing that it echoes reaches the screen. */
async function askLine(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  question: string,
  hidden: boolean,
): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: hidden ? silent : output, terminal: true, historySize: 0 });
  const gone = new AbortController();
  lines.once('SIGINT', () => gone.abort());
  lines.once('close', () => gone.abort());
  try {
    if (hidden) output.write(question);
    return await lines.question(hidden ? '' : question, { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    throw new FtsError('cancelled', 'Nothing was done.', { cause: error });
  } finally {
    if (hidden || gone.signal.aborted) output.write('\n');
    lines.close();
  }
}
