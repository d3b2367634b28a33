import type { Caller } from '../src/access/caller.ts';

/** An assistant over MCP, as `fts mcp` serves it. */
export const assistantCaller: Caller = {
  name: 'assistant',
  channel: 'mcp',
  credential: 'stdio',
  scopes: ['admin'],
};

/** A caller of a channel who may do everything that a scope allows. */
export function callerBy(channel: Caller['channel'], name: string): Caller {
  const credential = channel === 'terminal' || channel === 'system' ? channel : 'key';
  return { name, channel, credential, scopes: ['admin'] };
}
