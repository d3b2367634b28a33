import type { Client } from '@modelcontextprotocol/client';
import { FtsError } from '../errors/fts-error.ts';
import { toolName } from '../mcp/tools/selection.ts';
import { operations } from '../operations/find-operation.ts';
import { renderOutput } from '../operations/render-output.ts';
import { parseOperatorProposal } from '../operator/operations.ts';
import { AskBudget, type AskLimits } from './ask-budget.ts';
import { type ChatModel, complete, type Message, type ToolCallRequest } from './chat-model.ts';
import { proposedCall } from './proposal-to-call.ts';

/** What happens on the way to the answer, for whoever watches. */
export type Step =
  | { kind: 'proposal'; operation: string; arguments: Record<string, unknown> }
  | { kind: 'call'; tool: string; arguments: Record<string, unknown> }
  | { kind: 'result'; tool: string; text: string; failed: boolean }
  /** A person has to decide, at this address. */
  | { kind: 'approval'; message: string; url: string };

/** The answer, and whether anything came of the request: a lookup, a plan, a change, or words that needed none. */
export interface Answered {
  answer: string;
  done: boolean;
}

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
  options: {
    client: Client;
    model: ChatModel;
    limits: AskLimits;
    onStep: (step: Step) => void;
    signal: AbortSignal;
  },
): Promise<Answered> {
  const { client, model, limits, onStep } = options;
  const tooLate = AbortSignal.timeout(limits.seconds * 1000);
  const signal = AbortSignal.any([options.signal, tooLate]);
  try {
    return await new Conversation(client, model, new AskBudget(limits), onStep, signal).answer(request);
  } catch (error) {
    if (!tooLate.aborted || options.signal.aborted) throw error;
    throw new FtsError('exhausted', `No answer after ${limits.seconds} seconds.`, {
      field: 'ask.max-seconds',
      remedy: 'Ask for less at once, use a faster model, or raise the setting ask.max-seconds.',
      cause: error,
    });
  }
}

class Conversation {
  private readonly client: Client;
  private readonly model: ChatModel;
  private readonly budget: AskBudget;
  private readonly onStep: (step: Step) => void;
  private readonly signal: AbortSignal;
  private failures = 0;
  private calls = 0;

  constructor(client: Client, model: ChatModel, budget: AskBudget, onStep: (step: Step) => void, signal: AbortSignal) {
    this.client = client;
    this.model = model;
    this.budget = budget;
    this.onStep = onStep;
    this.signal = signal;
  }

  async answer(request: string): Promise<Answered> {
    const messages: Message[] = [{ role: 'user', content: request }];
    // A proposal comes without instructions and tools, for which the operator model has no words.
    if (isOperatorModel(this.model.model)) {
      const { content } = await this.complete({ messages });
      return answerProposal(content, (tool, args) => this.call(tool, args), this.onStep);
    }
    const { tools } = await this.client.listTools();
    const offered = tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    }));
    messages.unshift({ role: 'system', content: instructions });
    for (;;) {
      const { content, toolCalls } = await this.complete({ messages, tools: offered });
      if (toolCalls.length === 0) return this.last(content);
      messages.push(...(await this.round(content, toolCalls)));
    }
  }

  /** An answer in words. Where every call failed, it is not what was asked for, whatever the model says. */
  private last(content: string): Answered {
    if (content.trim() === '') {
      throw new FtsError('corrupt', 'The model answered with nothing.', {
        field: 'model',
        value: this.model.model,
        remedy: 'Ask in other words, or use another model (--model).',
      });
    }
    return { answer: content, done: this.calls === 0 || this.failures < this.calls };
  }

  private async complete(body: { messages: readonly Message[]; tools?: readonly object[] }) {
    const answer = await complete(this.model, body, this.budget.nextAnswer(), this.signal);
    this.budget.took(answer);
    return answer;
  }

  /** Carries the calls of one answer out, as many as a round may have; the messages that tell the model of it. */
  private async round(content: string, wanted: readonly ToolCallRequest[]): Promise<Message[]> {
    const toolCalls = wanted.slice(0, this.budget.limits.callsPerRound);
    const messages: Message[] = [{ role: 'assistant', content, tool_calls: toolCalls }];
    for (const [index, { id, function: named }] of toolCalls.entries()) {
      this.budget.nextCall();
      const args = parseArguments(named.arguments);
      const { text } = args === undefined ? this.unreadable(named) : await this.call(named.name, args);
      this.budget.answered(named.name, named.arguments, text);
      const left = wanted.length - toolCalls.length;
      const note =
        left > 0 && index === toolCalls.length - 1
          ? `\n\n${left} more calls of this round were not carried out: make ${toolCalls.length} at a time.`
          : '';
      messages.push({ role: 'tool', tool_call_id: id, content: `${text.slice(0, resultCharacters)}${note}` });
    }
    return messages;
  }

  private unreadable({ name, arguments: given }: ToolCallRequest['function']): ToolAnswer {
    const text = `The arguments are not a JSON object: ${given.slice(0, 200)}`;
    this.calls++;
    this.failures++;
    this.onStep({ kind: 'call', tool: name, arguments: {} });
    this.onStep({ kind: 'result', tool: name, text, failed: true });
    return { text, data: undefined, failed: true };
  }

  private async call(tool: string, args: Record<string, unknown>): Promise<ToolAnswer> {
    this.calls++;
    this.onStep({ kind: 'call', tool, arguments: args });
    const result = await callTool(this.client, tool, args, this.signal);
    if (result.failed) this.failures++;
    this.onStep({ kind: 'result', tool, text: result.text, failed: result.failed });
    return result;
  }
}

interface ToolAnswer {
  text: string;
  data: unknown;
  failed: boolean;
}
type CallTool = (tool: string, args: Record<string, unknown>) => Promise<ToolAnswer>;

async function answerProposal(content: string, call: CallTool, onStep: (step: Step) => void): Promise<Answered> {
  const proposal = parseOperatorProposal(content);
  if (proposal === undefined || proposal.operation === 'none') {
    return nothingDone(
      'The operator model sees none of its operations in this request. A larger model can be named with --model and --url.',
    );
  }
  onStep({ kind: 'proposal', ...proposal });
  const wanted = proposedCall(proposal);
  if (wanted === undefined) {
    const found = await call('akamai_search', { text: proposal.operation.replaceAll('.', ' '), limit: 3 });
    return nothingDone(
      `Proposed: ${proposal.operation} ${JSON.stringify(proposal.arguments)}\nNothing was done. The operations of the catalogue that fit:\n${inWords('akamai_search', found)}`,
    );
  }
  if ('missing' in wanted) {
    return nothingDone(
      `Proposed: ${proposal.operation} ${JSON.stringify(proposal.arguments)}\nNothing was done: the request does not say the ${wanted.missing.join(', ')}. Ask again and name it.`,
    );
  }
  const result = await call(wanted.tool, wanted.arguments);
  return { answer: inWords(wanted.tool, result), done: !result.failed };
}

const nothingDone = (answer: string): Answered => ({ answer, done: false });

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
