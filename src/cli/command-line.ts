import type { Command } from 'commander';
import { askCommand } from './ask-command.ts';
import { mcpCommand } from './mcp-command.ts';
import { createProgram } from './program.ts';
import { restoreCommand } from './restore-command.ts';
import { serveCommand } from './serve-command.ts';
import { upCommand } from './up-command.ts';
import { workCommand } from './work-command.ts';

/** The whole command line: the commands of the operations, and those that are faces themselves. */
export function commandLine(version: string): Command {
  return createProgram(version, [
    askCommand(version),
    mcpCommand(version),
    restoreCommand(),
    serveCommand(version),
    upCommand(version),
    workCommand(),
  ]);
}
