import { Template } from '@huggingface/jinja';
import { FtsError } from '../errors/fts-error.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface ChatMessage {
  role: string;
  content: string;
  [field: string]: unknown;
}

export interface ChatTemplateOptions {
  /** Ends the prompt with the start of the assistant's turn. */
  addGenerationPrompt?: boolean;
  /** Tool definitions in the OpenAI form, where the template knows tools. */
  tools?: readonly object[];
  /** Further variables that the template reads, such as `enable_thinking`. */
  variables?: Readonly<Record<string, unknown>>;
}

/** Used where a model brings no template: ChatML, which most open models speak. */
export const chatMlTemplate = `{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** Renders a conversation as the prompt text that the model was trained on. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #specialTokens: Record<string, string>;

  constructor(source: string, specialTokens: Record<string, string> = {}) {
    try {
      this.#template = new Template(source);
    } catch (error) {
      throw templateError('cannot be parsed', error);
    }
    this.#specialTokens = specialTokens;
  }

  /** The tokenizer's own template; undefined where it has none. */
  static of(tokenizer: Tokenizer): ChatTemplate | undefined {
    if (tokenizer.chatTemplate === undefined) return undefined;
    const named = { bos_token: tokenizer.bosTokenId, eos_token: tokenizer.eosTokenId, pad_token: tokenizer.padTokenId };
    const specialTokens: Record<string, string> = {};
    for (const [name, id] of Object.entries(named)) {
      const token = id === undefined ? undefined : tokenizer.idToToken(id);
      if (token !== undefined) specialTokens[name] = token;
    }
    return new ChatTemplate(tokenizer.chatTemplate, specialTokens);
  }

  /** Throws `invalid-input` if the template refuses the conversation (as some do for roles they do not know). */
  render(messages: readonly ChatMessage[], options: ChatTemplateOptions = {}): string {
    try {
      return this.#template.render({
        ...options.variables,
        ...this.#specialTokens,
        messages,
        add_generation_prompt: options.addGenerationPrompt ?? true,
        ...(options.tools === undefined ? {} : { tools: options.tools }),
      });
    } catch (error) {
      throw templateError('refuses this conversation', error);
    }
  }
}

function templateError(what: string, error: unknown): FtsError {
  return new FtsError('invalid-input', `The chat template ${what}: ${(error as Error).message}`, {
    field: 'chat_template',
    remedy: 'Check the messages (roles, order) and the template of the model.',
    cause: error,
  });
}
