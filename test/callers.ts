import type { Caller } from '../src/store/caller.ts';

/** An assistant over MCP, as `fts mcp` serves it. */
export const assistantCaller: Caller = {
  name: 'assistant',
  channel: 'mcp',
  credential: 'stdio',
  scopes: ['admin'],
};

/** A caller of a channel who may do everything; a person's rights only where a person can be. */
export function callerBy(channel: Caller['channel'], name: string): Caller {
  const credential = channel === 'terminal' || channel === 'system' ? channel : 'key';
  const isPerson = channel === 'terminal' || channel === 'console';
  return { name, channel, credential, scopes: isPerson ? ['admin', 'approve'] : ['admin'] };
}
