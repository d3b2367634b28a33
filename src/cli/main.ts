#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { writeNote, writeResult } from '../runtime/terminal-output.ts';
import { visibleJson } from '../text/visible-text.ts';
import { commandLine } from './command-line.ts';
import { exitCodes } from './exit-codes.ts';
import { joinWords } from './program.ts';

const packageFile = new URL('../../package.json', import.meta.url);
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8')));

const program = commandLine(version);
const asJson = process.argv.includes('--json');

// A reader that has seen enough (`fts config | head`) ends the command quietly, as it does with other Unix tools.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

try {
  exitOverride(program);
  // Not commander's own option, which would take the word from operations that have a `--version` too.
  if (['--version', '-V'].includes(process.argv[2] ?? '')) writeResult(`${version}\n`);
  else await program.parseAsync(joinWords(process.argv.slice(2), program), { from: 'user' });
} catch (thrown) {
  process.exitCode = report(thrown);
}

/** One clear message with the remedy on standard error; the stack only when asked for. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes['invalid-input'];
  const error = FtsError.from(thrown);
  if (asJson) writeNote(`${visibleJson({ error: error.toJSON() })}\n`);
  else {
    writeNote(`${pc.red('error')} ${error.message}\n`);
    if (error.remedy !== undefined) writeNote(`${pc.dim('  →')} ${error.remedy}\n`);
    if (error.kind === 'internal')
      writeNote(`${pc.dim('  →')} Run it again with --verbose to see where it happened.\n`);
  }
  if (process.argv.includes('--verbose')) writeNote(`${(error.cause as Error | undefined)?.stack ?? error.stack}\n`);
  return exitCodes[error.kind];
}

function exitOverride(command: typeof program): void {
  command.exitOverride().configureOutput({ writeOut: writeResult, writeErr: writeNote });
  for (const inner of command.commands) exitOverride(inner as typeof program);
}
