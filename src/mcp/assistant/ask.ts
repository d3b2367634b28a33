import type { Client } from '@modelcontextprotocol/client';
import { FtsError } from '../../errors/fts-error.ts';
import { parseOperatorProposal } from '../../model/operator/operations.ts';
import { operations } from '../../operations/index.ts';
import { renderOutput } from '../../operations/render-output.ts';
import { toolName } from '../selection.ts';
import { type ChatModel, complete, type Message } from './chat-model.ts';
import { proposedCall } from './proposal-to-call.ts';

/** What happens on the way to the answer, for whoever watches. */
export type Step =
  | { kind: 'proposal'; operation: string; arguments: Record<string, unknown> }
  | { kind: 'call'; tool: string; arguments: Record<string, unknown> }
  | { kind: 'result'; tool: string; text: string; failed: boolean }
  /** A person has to decide, at this address. */
  | { kind: 'approval'; message: string; url: string };

const maxRounds = 12;
/** A person may be reading a form meanwhile. */
const callTimeoutMilliseconds = 600_000;
const resultCharacters = 12_000;

const instructions =
  'You work through the tools of FTS: Akamai operations and the life of language models. Look before you change anything. A change of Akamai is planned first (akamai_plan), then akamai_apply lets a person decide; never claim that something was done before a tool says so. Answer briefly, with the figures and ids that the tools returned.';

/** Tools for a model that calls tools itself; the operator model never reads the listing, so it may have them all. */
export const toolsetsFor = (model: string): string[] =>
  isOperatorModel(model) ? ['all'] : ['default', 'akamai_delivery'];

/** It writes no prose and calls no tools: it answers with one proposal, or with none. */
const isOperatorModel = (model: string): boolean => model.startsWith('operator');

/**
 * Answers a request through our own MCP tools, as any assistant would: same scopes, same approvals. A model that calls
 * tools goes round until it has its answer. The operator model's proposal becomes one call: a read, or a change plan.
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
  const call: CallTool = async (tool, args) => {
    onStep({ kind: 'call', tool, arguments: args });
    const result = await callTool(client, tool, args, signal);
    onStep({ kind: 'result', tool, text: result.text, failed: result.failed });
    return result;
  };

  const messages: Message[] = [{ role: 'user', content: request }];
  // A proposal comes without instructions and tools, for which the operator model has no words.
  if (isOperatorModel(model.model)) {
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
      const text = args === undefined ? 'The arguments are not a JSON object.' : (await call(wanted.name, args)).text;
      messages.push({ role: 'tool', tool_call_id: id, content: text.slice(0, resultCharacters) });
    }
  }
  throw new FtsError('exhausted', `No answer after ${maxRounds} rounds of tool calls.`, {
    remedy: 'Ask for less at once, or use a stronger model (--model).',
  });
}

interface ToolAnswer {
  text: string;
  data: unknown;
  failed: boolean;
}
type CallTool = (tool: string, args: Record<string, unknown>) => Promise<ToolAnswer>;

async function answerProposal(content: string, call: CallTool, onStep: (step: Step) => void): Promise<string> {
  const proposal = parseOperatorProposal(content);
  if (proposal === undefined || proposal.operation === 'none') {
    return 'The operator model sees none of its operations in this request. A larger model can be named with --model and --url.';
  }
  onStep({ kind: 'proposal', ...proposal });
  const wanted = proposedCall(proposal);
  if (wanted === undefined) {
    const found = await call('akamai_search', { text: proposal.operation.replaceAll('.', ' '), limit: 3 });
    return `Proposed: ${proposal.operation} ${JSON.stringify(proposal.arguments)}\nNothing was done. The operations of the catalogue that fit:\n${inWords('akamai_search', found)}`;
  }
  if ('missing' in wanted) {
    return `Proposed: ${proposal.operation} ${JSON.stringify(proposal.arguments)}\nNothing was done: the request does not say the ${wanted.missing.join(', ')}. Ask again and name it.`;
  }
  return inWords(wanted.tool, await call(wanted.tool, wanted.arguments));
}

/** A result as the command line would print it. */
function inWords(tool: string, { text, data, failed }: ToolAnswer): string {
  const operation = operations.find(({ name }) => toolName(name) === tool);
  const output = failed ? undefined : operation?.output.safeParse(data);
  return operation !== undefined && output?.success === true ? (renderOutput(operation, output.data) ?? text) : text;
}

async function callTool(
  client: Client,
  tool: string,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  try {
    const result = await client.callTool(
      { name: tool, arguments: args },
      { signal, timeout: callTimeoutMilliseconds, resetTimeoutOnProgress: true },
    );
    const text = result.content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
    return { text, data: result.structuredContent, failed: result.isError === true };
  } catch (error) {
    if (signal.aborted) throw new FtsError('cancelled', 'Cancelled.', { cause: error });
    // A model that names a tool wrongly can mend that itself.
    return { text: (error as Error).message, data: undefined, failed: true };
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
