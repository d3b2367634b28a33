import type {
  CallToolResult,
  InputRequiredResult,
  ServerContext,
  Tool as ToolDefinition,
} from '@modelcontextprotocol/server';
import type { Scope } from '../operations/operation.ts';
import type { Caller } from './caller.ts';

/** One tool: what clients are told of it, and what happens when it is called. */
export interface Tool {
  name: string;
  definition: ToolDefinition;
  /** The toolset that it belongs to; undefined for one that stands alone. */
  toolset: string | undefined;
  readOnly: boolean;
  scope: Scope;
  call(input: Record<string, unknown>, call: ToolCall): Promise<CallToolResult | InputRequiredResult>;
}

/** Who calls, and over which request. */
export interface ToolCall {
  caller: Caller;
  context: ServerContext;
  /** Whether the client said that it can follow tasks. */
  takesTasks: boolean;
}
