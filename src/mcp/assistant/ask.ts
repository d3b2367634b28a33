import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { type ChatModel, complete, type Message } from './chat-model.ts';

/** What happens on the way to the answer, for whoever watches. */
export type Step =
  | { kind: 'proposal'; operation: string; arguments: Record<string, unknown> }
  | { kind: 'call'; tool: string; arguments: Record<string, unknown> }
  | { kind: 'result'; tool: string; text: string; failed: boolean };

const maxRounds = 12;
/** A person may be reading a form meanwhile. */
const callTimeoutMilliseconds = 600_000;
const resultCharacters = 12_000;

const instructions =
  'You work through the tools of FTS: Akamai operations and the life of language models. Look before you change anything. A change of Akamai is planned first (akamai_plan), then akamai_apply lets a person decide; never claim that something was done before a tool says so. Answer briefly, with the figures and ids that the tools returned.';

/** The operator model writes no prose and calls no tools: it answers with one proposal, or with none. */
const proposalSchema = z.object({ operation: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) });

/**
 * Answers a request through our own MCP tools, as any assistant would: same scopes, same approvals. A model that calls
 * tools goes round until it has its answer; the operator model's proposal is looked up in the catalogue and shown.
 */
export async function ask(
  request: string,
  options: { client: Client; model: ChatModel; onStep: (step: Step) => void; signal: AbortSignal },
): Promise<string> {
  const { client, model, onStep, signal } = options;
  const { tools } = await client.listTools();
  const offered = tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema },
  }));
  const call = async (tool: string, args: Record<string, unknown>): Promise<string> => {
    onStep({ kind: 'call', tool, arguments: args });
    const { text, failed } = await callTool(client, tool, args, signal);
    onStep({ kind: 'result', tool, text, failed });
    return text;
  };

  const messages: Message[] = [{ role: 'user', content: request }];
  // A proposal comes without instructions and tools, for which the operator model has no words.
  if (model.model.startsWith('operator')) {
    const { content } = await complete(model, { messages }, signal);
    return answerProposal(content, call, onStep);
  }
  messages.unshift({ role: 'system', content: instructions });
  for (let round = 0; round < maxRounds; round++) {
    const { content, toolCalls } = await complete(model, { messages, tools: offered }, signal);
    if (toolCalls.length === 0) return content;
    messages.push({ role: 'assistant', content, tool_calls: toolCalls });
    for (const { id, function: wanted } of toolCalls) {
      const args = parseArguments(wanted.arguments);
      const text = args === undefined ? 'The arguments are not a JSON object.' : await call(wanted.name, args);
      messages.push({ role: 'tool', tool_call_id: id, content: text.slice(0, resultCharacters) });
    }
  }
  throw new FtsError('exhausted', `No answer after ${maxRounds} rounds of tool calls.`, {
    remedy: 'Ask for less at once, or use a stronger model (--model).',
  });
}

async function answerProposal(
  content: string,
  call: (tool: string, args: Record<string, unknown>) => Promise<string>,
  onStep: (step: Step) => void,
): Promise<string> {
  const proposal = proposalSchema.safeParse(parseArguments(content));
  if (!proposal.success || proposal.data.operation === 'none') {
    return 'The operator model sees none of its operations in this request. A larger model can be named with --model and --url.';
  }
  onStep({ kind: 'proposal', ...proposal.data });
  const { operation, arguments: values } = proposal.data;
  const words = operation.replaceAll(/[._-]/g, ' ');
  if (operation === 'property.search' && typeof values.hostname === 'string') {
    return call('akamai_property_find', { hostname: values.hostname });
  }
  const found = await call('akamai_search', { text: words, limit: 3 });
  return `Proposed: ${operation} ${JSON.stringify(values)}\nNothing was done. The operations of the catalogue that fit:\n${found}`;
}

async function callTool(
  client: Client,
  tool: string,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<{ text: string; failed: boolean }> {
  try {
    const result = await client.callTool(
      { name: tool, arguments: args },
      { signal, timeout: callTimeoutMilliseconds, resetTimeoutOnProgress: true },
    );
    const text = result.content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
    return { text, failed: result.isError === true };
  } catch (error) {
    if (signal.aborted) throw new FtsError('cancelled', 'Cancelled.', { cause: error });
    // A model that names a tool wrongly can mend that itself.
    return { text: (error as Error).message, failed: true };
  }
}

function parseArguments(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
