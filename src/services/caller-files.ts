import type { Caller } from '../access/caller.ts';
import { CallerFiles } from '../inputs/caller-files.ts';
import type { Services } from './context.ts';

/** The files that somebody may name, by the way they came: for a job, by the way whoever started it came. */
export function filesOf(
  { channel }: Pick<Caller, 'channel'>,
  { home, config }: Pick<Services, 'home' | 'config'>,
): CallerFiles {
  return new CallerFiles(channel, home, config.values['files.allow']);
}
