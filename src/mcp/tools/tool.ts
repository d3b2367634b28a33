import type {
  CallToolResult,
  InputRequiredResult,
  ServerContext,
  Tool as ToolDefinition,
} from '@modelcontextprotocol/server';
import type { Scope } from '../../access/api-keys.ts';
import type { Caller } from '../../access/caller.ts';
import type { ClientAbilities } from '../protocol/client-abilities.ts';

/** One tool: what clients are told of it, and what happens when it is called. */
export interface Tool {
  name: string;
  definition: ToolDefinition;
  /** The toolset that it belongs to; undefined for one that stands alone. */
  toolset: string | undefined;
  readOnly: boolean;
  /** Address of the view that shows its result, for clients that can show views. */
  view?: string;
  scope: Scope;
  call(input: Record<string, unknown>, call: ToolCall): Promise<CallToolResult | InputRequiredResult>;
}

/** Who calls, and over which request. */
export interface ToolCall {
  caller: Caller;
  context: ServerContext;
  /** What the client said that it can do. */
  client: ClientAbilities;
  /** Seals what the next round of the same call has to know: signed, bound to the caller, valid for ten minutes. */
  sealState(state: Record<string, unknown>): Promise<string>;
}
