import { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { addressUrl } from '../config/address-url.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { publicUrl } from '../config/public-url.ts';
import { FtsError } from '../errors/fts-error.ts';
import { namedThings } from './names.ts';

/** An address that an operation calls for its caller. Every input that names one is of this schema. */
export const addressSchema = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .register(namedThings, { names: 'address' });

/** Who asks, and what the operator set. */
export interface Asking {
  caller: Caller;
  config: LoadedConfig;
}

/**
 * Refuses an address that this caller may not have called: in a terminal a person names any, everybody else only this
 * server and what the operator listed. What is at the address is not looked at, so the answer says nothing of it.
 */
export function requireReachable(field: string, address: string, { caller, config }: Asking): void {
  const { username, password, origin } = new URL(address);
  if (username !== '' || password !== '') {
    throw new FtsError('invalid-input', 'An address cannot carry a user name or a password.', {
      field,
      remedy: 'Leave them out.',
    });
  }
  if (caller.channel === 'terminal' || caller.channel === 'system') return;
  if (isOwnServer(address, { config })) return;
  if (config.values['addresses.allow'].some((allowed) => new URL(allowed).origin === origin)) return;
  throw new FtsError('forbidden', 'Only addresses that the operator listed can be called.', {
    field,
    value: address,
    remedy: 'Ask the operator, who lists them in the setting addresses.allow or names one in a terminal.',
  });
}

/**
 * Whether a key of the operator's goes to an address: to the one that it is configured for, by default this server; where
 * none is configured, also to what a person names in a terminal.
 */
export function mayHaveKey(address: string, configured: string | undefined, { caller, config }: Asking): boolean {
  if (configured !== undefined) return new URL(configured).origin === new URL(address).origin;
  return caller.channel === 'terminal' || caller.channel === 'system' || isOwnServer(address, { config });
}

function isOwnServer(address: string, { config }: Pick<Asking, 'config'>): boolean {
  const { 'server.host': host, 'server.port': port } = config.values;
  const own = [addressUrl(host, port), publicUrl({ config })].map((url) => new URL(url).origin);
  return own.includes(new URL(address).origin);
}
