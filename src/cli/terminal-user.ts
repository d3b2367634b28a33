import { userInfo } from 'node:os';
import type { Caller } from '../access/caller.ts';

/** Whoever is logged in at this terminal. */
export function terminalUser(): Caller {
  return { name: userInfo().username, channel: 'terminal', credential: 'terminal', scopes: ['admin'] };
}
