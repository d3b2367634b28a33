import { z } from 'zod';
import { actorSchema } from './actor.ts';
import { type Scope, scopes } from './api-keys.ts';

/** How a caller proved who they are; `none` where nobody had to, `stdio` where the client started this process. */
const credentials = ['terminal', 'stdio', 'none', 'key', 'token', 'system'] as const;

/**
 * Who calls an operation and with what rights, the same on every face. A record without rights, from before they were
 * kept, has the least: no credential and no scope.
 */
export const callerSchema = actorSchema.extend({
  credential: z.enum(credentials).default('none'),
  scopes: z.array(z.enum(scopes)).default([]),
});
export type Caller = z.output<typeof callerSchema>;

/** The program itself, where nobody asked. */
export const systemCaller: Caller = {
  name: 'system',
  channel: 'system',
  credential: 'system',
  scopes: ['admin'],
};

/** Whoever sits at this machine, or any program or page on it: nobody had to prove anything. */
export const keylessCaller: Caller = {
  name: 'local',
  channel: 'http',
  credential: 'none',
  scopes: ['admin'],
};

/** `admin` covers everything that needs no person. */
export function mayUse({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
