import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { ChatTemplate } from '../../model/chat-template.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';

/** Token sequences of equal length that represent the texts the model will process. */
export interface CalibrationSet {
  sequences: Int32Array[];
  /** For each token: 1 if the model generates it, 0 if it is part of a prompt. Default: all 1. */
  counted?: Uint8Array[];
  length: number;
  /** All tokens of the text. */
  availableTokens: number;
}

/** A text as token ids. `starts` holds the positions at which its parts begin, if there are several short texts. */
export interface TokenText {
  tokens: Int32Array;
  /** For each token: 1 if the model generates it, 0 if it is part of a prompt. Default: all 1. */
  counted?: Uint8Array;
  starts: readonly number[];
}

/** A text, or a prompt with its completion; the model generates only the completion. */
export type CalibrationText = string | { prompt: string; completion: string };

/** Concatenates texts as tokens, each followed by the end-of-text token. */
export async function tokenizeTexts(
  texts: Iterable<CalibrationText> | AsyncIterable<CalibrationText>,
  tokenizer: Tokenizer,
): Promise<TokenText> {
  const tokens: number[] = [];
  const counted: number[] = [];
  const starts: number[] = [];
  const append = (text: string, isWritten: 0 | 1): void => {
    for (const id of tokenizer.encode(text)) tokens.push(id);
    while (counted.length < tokens.length) counted.push(isWritten);
  };
  for await (const text of texts) {
    if (text === '') continue;
    starts.push(tokens.length);
    if (typeof text !== 'string') append(text.prompt, 0);
    append(typeof text === 'string' ? text : text.completion, 1);
    if (tokenizer.eosTokenId === undefined || tokens.at(-1) === tokenizer.eosTokenId) continue;
    tokens.push(tokenizer.eosTokenId);
    counted.push(1);
  }
  const all = counted.every((isWritten) => isWritten === 1);
  return { tokens: Int32Array.from(tokens), starts, ...(all ? {} : { counted: Uint8Array.from(counted) }) };
}

/**
 * Cuts a text into `samples` sequences of `length` tokens, spread evenly; the same text always gives the same set. With
 * at least as many texts as samples, every sequence begins at the start of a text. A short text gives fewer or shorter
 * sequences; an empty one is an error.
 */
export function cutSequences(
  { tokens, starts, counted }: TokenText,
  { samples, length }: { samples: number; length: number },
): CalibrationSet {
  if (tokens.length < 2) {
    throw new FtsError('invalid-input', 'The calibration text is empty.', {
      field: 'calibration',
      remedy: 'Give a text, or JSON lines with a field "text", similar to the texts that the model will process.',
    });
  }
  const usedLength = Math.min(length, tokens.length);
  const usedSamples = Math.min(samples, Math.floor(tokens.length / usedLength));
  const stride = usedSamples === 1 ? 0 : (tokens.length - usedLength) / (usedSamples - 1);
  const usableStarts = starts.filter((start) => start <= tokens.length - usedLength);
  const places = Array.from({ length: usedSamples }, (_, sample) =>
    usableStarts.length >= usedSamples
      ? usableStarts[Math.floor((sample * usableStarts.length) / usedSamples)]!
      : Math.floor(sample * stride),
  );
  return {
    sequences: places.map((start) => tokens.slice(start, start + usedLength)),
    ...(counted === undefined ? {} : { counted: places.map((start) => counted.slice(start, start + usedLength)) }),
    length: usedLength,
    availableTokens: tokens.length,
  };
}

/** At most `count` of the sequences, spread evenly. */
export function someSequences(set: CalibrationSet, count: number): CalibrationSet {
  const { sequences, counted } = set;
  if (sequences.length <= count) return set;
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * sequences.length) / count));
  return {
    ...set,
    sequences: places.map((place) => sequences[place]!),
    ...(counted === undefined ? {} : { counted: places.map((place) => counted[place]!) }),
  };
}

async function refuseUnreadable(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return;
  throw new FtsError('not-found', `There is no calibration file ${path}.`, {
    field: 'calibration',
    value: path,
    remedy: 'Name a text or JSON-lines file, or "self" for the model’s own samples.',
  });
}

const lineSchema = z.union([
  z.looseObject({ text: z.string() }),
  z.looseObject({ messages: z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1) }),
  z.looseObject({ prompt: z.string(), completion: z.string() }),
]);

/**
 * The texts of a file: one per JSON line (`text`, `messages` or `prompt` and `completion`), or the whole file as one.
 */
export async function* readCalibrationTexts(path: string, tokenizer: Tokenizer): AsyncGenerator<CalibrationText> {
  await refuseUnreadable(path);
  if (!path.endsWith('.jsonl')) {
    yield await readFile(path, 'utf8');
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
      yield { prompt: String(row.prompt), completion: String(row.completion) };
    }
  }
}
