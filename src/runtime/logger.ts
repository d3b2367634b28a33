import { type Level, type Logger, pino } from 'pino';
import { logOutput } from './terminal-output.ts';

/** A logger of JSON lines to standard error, silent below `level`. */
export function openLogger(level: Level | 'silent'): Logger {
  return pino({ level }, logOutput);
}
