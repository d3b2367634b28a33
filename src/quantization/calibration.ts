import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith } from '../errors/parse-with.ts';
import { ChatTemplate } from '../model/chat-template.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';

/** Equally long token sequences that stand for what the model will read. */
export interface CalibrationSet {
  sequences: Int32Array[];
  length: number;
  /** Tokens that the text had in all. */
  availableTokens: number;
}

/**
 * Cuts texts into `samples` sequences of `length` tokens, spread evenly over all of them: the same texts always give
 * the same set. Texts shorter than asked give fewer or shorter sequences; none at all is an error.
 */
export async function calibrationSet(
  texts: Iterable<string> | AsyncIterable<string>,
  tokenizer: Tokenizer,
  { samples, length }: { samples: number; length: number },
): Promise<CalibrationSet> {
  const tokens: number[] = [];
  for await (const text of texts) {
    if (text === '') continue;
    for (const id of tokenizer.encode(text)) tokens.push(id);
    if (tokenizer.eosTokenId !== undefined) tokens.push(tokenizer.eosTokenId);
  }
  return cutSequences(tokens, { samples, length });
}

/** The same from token ids. */
export function cutSequences(
  tokens: ArrayLike<number>,
  { samples, length }: { samples: number; length: number },
): CalibrationSet {
  if (tokens.length < 2) {
    throw new FtsError('invalid-input', 'The calibration text is empty.', {
      field: 'calibration',
      remedy: 'Give a text, or JSON lines with a field "text", like what the model will read.',
    });
  }
  const usedLength = Math.min(length, tokens.length);
  const usedSamples = Math.min(samples, Math.floor(tokens.length / usedLength));
  const stride = usedSamples === 1 ? 0 : (tokens.length - usedLength) / (usedSamples - 1);
  const sequences = Array.from({ length: usedSamples }, (_, sample) => {
    const start = Math.floor(sample * stride);
    return Int32Array.from({ length: usedLength }, (_, i) => tokens[start + i]!);
  });
  return { sequences, length: usedLength, availableTokens: tokens.length };
}

const lineSchema = z.union([
  z.looseObject({ text: z.string() }),
  z.looseObject({ messages: z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1) }),
  z.looseObject({ prompt: z.string(), completion: z.string() }),
]);

/** The texts of a file: JSON lines (`text`, `messages` or `prompt` and `completion`), or the whole as one text. */
export async function* readCalibrationTexts(path: string, tokenizer: Tokenizer): AsyncGenerator<string> {
  if (!path.endsWith('.jsonl')) {
    let text = '';
    for await (const chunk of createReadStream(path, 'utf8')) text += chunk;
    yield text;
    return;
  }
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    number += 1;
    if (line.trim() === '') continue;
    const row = parseJsonWith(lineSchema, line, `${path} line ${number}`);
    if ('messages' in row && Array.isArray(row.messages)) {
      const template = ChatTemplate.of(tokenizer);
      const messages = row.messages as { role: string; content: string }[];
      yield template?.render(messages, { addGenerationPrompt: false }) ?? messages.map((m) => m.content).join('\n');
    } else if ('text' in row) {
      yield String(row.text);
    } else {
      yield `${row.prompt}${row.completion}`;
    }
  }
}
