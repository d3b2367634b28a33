import type { GetPromptResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';

/** A playbook: a request that its user picks by name, with blanks to fill in. */
export interface Prompt {
  name: string;
  title: string;
  description: string;
  arguments: readonly PromptArgument[];
  get(values: Record<string, string>, context: ServerContext): Promise<GetPromptResult | InputRequiredResult>;
}

export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
  /** Possible values, for a client that completes what its user types. */
  complete?: () => Promise<string[]> | string[];
}
