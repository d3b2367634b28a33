import { userInfo } from 'node:os';
import type { Actor } from '../store/actor.ts';

/** Whoever is logged in at this terminal. */
export function terminalUser(): Actor {
  return { name: userInfo().username, channel: 'terminal' };
}
