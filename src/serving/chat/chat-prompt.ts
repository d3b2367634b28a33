import { type ChatMessage, ChatTemplate, chatMlTemplate } from '../../model/chat-template.ts';
import type { EncodedText, TextDecoding } from '../../model/text-codec.ts';
import type { LoadedModel } from '../pool/model-pool.ts';

export interface ToolDefinition {
  type: 'function';
  function: { name: string; description?: string; parameters?: Record<string, unknown> };
}

/** `required` or a name forces a call; `auto` lets the model choose; `none` hides the tools. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

export interface ChatPrompt {
  prompt: string;
  /** Stop strings that the template requires. */
  stop: string[];
  /** Decodes the answer to the last user message into the caller's text, for models with a codec. */
  decoding: TextDecoding | undefined;
}

const templates = new WeakMap<LoadedModel, ChatTemplate>();

/** Renders a conversation with the model's chat template, after encoding the user's messages with the model's codec. */
export function renderChat(
  model: LoadedModel,
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[] | undefined,
): ChatPrompt {
  let last: EncodedText | undefined;
  const encoded = messages.map((message) => {
    if (message.role !== 'user' || model.textCodec === undefined) return message;
    last = model.textCodec.encode(message.content);
    return { ...message, content: last.text };
  });
  const prompt = templateOf(model).render(encoded, {
    addGenerationPrompt: true,
    ...(tools === undefined ? {} : { tools }),
  });
  return { prompt, stop: model.info.chatTemplate === null ? ['<|im_end|>'] : [], decoding: last?.decoder() };
}

function templateOf(model: LoadedModel): ChatTemplate {
  let template = templates.get(model);
  if (template === undefined) {
    const { chatTemplate, bosText, eosText } = model.info;
    template = new ChatTemplate(chatTemplate ?? chatMlTemplate, { bos_token: bosText, eos_token: eosText });
    templates.set(model, template);
  }
  return template;
}
