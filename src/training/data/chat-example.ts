import { FtsError } from '../../errors/fts-error.ts';
import type { ChatMessage, ChatTemplate } from '../../model/chat-template.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TrainingExample } from './example-batches.ts';

/**
 * A conversation rendered with the model's chat template, of which only the assistant's turns are learned: each from
 * the end of the generation prompt to the end of the turn, including the closing token.
 */
export function chatExample(
  messages: readonly ChatMessage[],
  template: ChatTemplate,
  tokenizer: Tokenizer,
  place: string,
): TrainingExample {
  const tokens: number[] = [];
  const counts: number[] = [];
  let rendered = '';
  const append = (upTo: string, count: 0 | 1): void => {
    if (!upTo.startsWith(rendered)) {
      throw new FtsError(
        'invalid-input',
        `${place}: the chat template renders earlier turns differently when a later turn is added.`,
        {
          field: place,
          remedy: 'Split the conversation so that each ends with an assistant turn, or use another template.',
        },
      );
    }
    const ids = tokenizer.encode(upTo.slice(rendered.length));
    tokens.push(...ids);
    for (let i = 0; i < ids.length; i++) counts.push(count);
    rendered = upTo;
  };
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant') continue;
    append(template.render(messages.slice(0, index), { addGenerationPrompt: true }), 0);
    append(template.render(messages.slice(0, index + 1), { addGenerationPrompt: false }), 1);
  }
  if (tokens.length === 0) {
    throw new FtsError('invalid-input', `${place}: the conversation has no assistant turn to learn.`, {
      field: place,
      remedy: 'Give at least one message with the role "assistant".',
    });
  }
  return { tokens, counts };
}
