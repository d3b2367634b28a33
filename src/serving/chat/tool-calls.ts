import { randomUUID } from 'node:crypto';
import type { ToolDefinition } from './chat-prompt.ts';

/** A tool call by the model; `arguments` is JSON text, as in the OpenAI API. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** The result of parsing a piece of generated text: plain content and complete calls. */
export interface ParsedPiece {
  content: string;
  calls: ToolCall[];
}

/** How a family of templates writes calls: the opening and closing markers and a parser for the body between them. */
interface CallSyntax {
  open: string;
  close: string | undefined;
  read(body: string): ToolCall[];
}

const SYNTAXES: CallSyntax[] = [
  // Hermes, Qwen: <tool_call>{"name": …, "arguments": …}</tool_call>, repeated.
  { open: '<tool_call>', close: '</tool_call>', read: readJsonCalls },
  // Mistral: [TOOL_CALLS][{…}, …], or [TOOL_CALLS]name{…} since Tekken v13.
  { open: '[TOOL_CALLS]', close: undefined, read: (body) => readNamedCalls(body, '[TOOL_CALLS]') },
  // Llama 3.1 with built-in tools: <|python_tag|>{"name": …, "parameters": …}.
  { open: '<|python_tag|>', close: undefined, read: readJsonCalls },
  // Llama 3.2, functionary-like: <function=name>{…}</function>.
  { open: '<function=', close: '</function>', read: readFunctionTag },
];

/**
 * Finds tool calls in streamed text: ordinary text passes through at once, a call is held back until it is complete. A
 * bare JSON object that names a known tool (Llama 3.x) is a call if it is the whole answer.
 */
export class ToolCallParser {
  private readonly names: Set<string>;
  private held = '';
  private syntax: CallSyntax | undefined;
  private bareJson = false;
  private started = false;
  /** White space after a call is layout, not content. */
  private afterCall = false;

  constructor(tools: readonly ToolDefinition[]) {
    this.names = new Set(tools.map((tool) => tool.function.name));
  }

  push(text: string): ParsedPiece {
    this.held += text;
    const piece: ParsedPiece = { content: '', calls: [] };
    while (this.advance(piece)) {
      // Each iteration consumes text or a call; the loop ends when the held text is incomplete.
    }
    return piece;
  }

  /** Parses the held text when the generation ends: as calls without a closing tag, or else as plain text. */
  flush(): ParsedPiece {
    const { held } = this;
    this.held = '';
    if (this.syntax !== undefined) {
      const calls = this.known(this.syntax.read(held));
      return calls.length > 0 ? { content: '', calls } : { content: this.syntax.open + held, calls: [] };
    }
    if (this.bareJson) {
      const calls = this.known(readJsonCalls(held));
      if (calls.length > 0) return { content: '', calls };
    }
    return { content: held, calls: [] };
  }

  private advance(piece: ParsedPiece): boolean {
    if (this.bareJson) return false;
    if (this.syntax !== undefined) return this.closeCall(piece);
    if (this.afterCall) {
      this.held = this.held.trimStart();
      if (this.held === '') return false;
      this.afterCall = false;
    }
    if (!this.started) {
      const trimmed = this.held.trimStart();
      if (trimmed === '') return false;
      this.started = true;
      if (trimmed.startsWith('{') || trimmed.startsWith('[{')) {
        this.bareJson = true;
        return false;
      }
    }
    return this.findOpening(piece);
  }

  private findOpening(piece: ParsedPiece): boolean {
    for (const syntax of SYNTAXES) {
      const at = this.held.indexOf(syntax.open);
      if (at < 0) continue;
      piece.content += this.held.slice(0, at);
      this.held = this.held.slice(at + syntax.open.length);
      this.syntax = syntax;
      return true;
    }
    const keep = this.possibleOpeningLength();
    piece.content += this.held.slice(0, this.held.length - keep);
    this.held = this.held.slice(this.held.length - keep);
    return false;
  }

  private closeCall(piece: ParsedPiece): boolean {
    const { syntax } = this;
    if (syntax?.close === undefined) return false;
    const end = this.held.indexOf(syntax.close);
    if (end < 0) return false;
    const body = this.held.slice(0, end);
    const calls = this.known(syntax.read(body));
    if (calls.length > 0) piece.calls.push(...calls);
    else piece.content += syntax.open + body + syntax.close;
    this.held = this.held.slice(end + syntax.close.length);
    this.syntax = undefined;
    this.afterCall = true;
    return true;
  }

  private possibleOpeningLength(): number {
    let longest = 0;
    for (const { open } of SYNTAXES) {
      for (let length = Math.min(open.length - 1, this.held.length); length > longest; length--) {
        if (this.held.endsWith(open.slice(0, length))) longest = length;
      }
    }
    return longest;
  }

  private known(calls: ToolCall[]): ToolCall[] {
    return calls.every((call) => this.names.has(call.name)) ? calls : [];
  }
}

/** `{"name", "arguments" | "parameters"}`, one or several (array, lines, `;`). */
function readJsonCalls(body: string): ToolCall[] {
  const text = body.trim();
  const whole = parseJson(text);
  const values =
    whole === undefined ? text.split(/;|\n(?=\s*\{)/).map((part) => parseJson(part.trim())) : [whole].flat();
  const calls: ToolCall[] = [];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) return [];
    const { name, arguments: args, parameters } = value as Record<string, unknown>;
    if (typeof name !== 'string') return [];
    calls.push(toolCall(name, args ?? parameters ?? {}));
  }
  return calls;
}

function readNamedCalls(body: string, separator: string): ToolCall[] {
  const listed = readJsonCalls(body);
  if (listed.length > 0) return listed;
  const calls: ToolCall[] = [];
  for (const part of body.split(separator)) {
    const brace = part.indexOf('{');
    const args = brace < 0 ? undefined : parseJson(part.slice(brace));
    if (args === undefined) return [];
    calls.push(toolCall(part.slice(0, brace).replace('[ARGS]', '').trim(), args));
  }
  return calls;
}

function readFunctionTag(body: string): ToolCall[] {
  const end = body.indexOf('>');
  const args = end < 0 ? undefined : parseJson(body.slice(end + 1).trim());
  return args === undefined ? [] : [toolCall(body.slice(0, end).trim(), args)];
}

function toolCall(name: string, args: unknown): ToolCall {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  return { id: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`, name, arguments: text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
