import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';

const messageSchema = z.looseObject({ role: z.string(), content: z.string() });

const lineSchema = z.union([
  z.object({ messages: z.array(messageSchema).min(1) }),
  z.object({ prompt: z.string(), completion: z.string() }),
  z.object({ text: z.string() }),
]);

/** One document of a data file, in one of the three forms of JSONL lines. */
export type Document = z.output<typeof lineSchema>;

/** Characters of plain text that are read at a time. */
const CHUNK_CHARACTERS = 1 << 16;
/** Longer lines are split, so that a file without line ends need not fit in memory. */
const LONGEST_LINE = 1 << 20;

export function isJsonLines(path: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(path);
}

/**
 * The documents of a `.jsonl` file (`text`, `prompt` and `completion`, or `messages`), one at a time. All lines must
 * have the form of the first. A line that does not parse is an error with its number.
 */
export async function* readJsonLines(path: string): AsyncGenerator<{ document: Document; line: number }> {
  await checkDataFile(path);
  let line = 0;
  let form: string | undefined;
  for await (const content of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    line += 1;
    if (content.trim() === '') continue;
    const document = parseLine(content, `${path}:${line}`);
    form ??= formOf(document);
    if (formOf(document) !== form) {
      throw new FtsError(
        'invalid-input',
        `Line ${line} has ${formOf(document)}, but the lines before it have ${form}.`,
        {
          field: `${path}:${line}`,
          remedy: 'Put documents of different forms into different files.',
        },
      );
    }
    yield { document, line };
  }
  if (form === undefined) throw empty(path);
}

function parseLine(content: string, place: string): Document {
  try {
    return parseJsonWith(lineSchema, content, place);
  } catch (error) {
    throw new FtsError('invalid-input', `${place} is not a training document: ${(error as Error).message}`, {
      field: place,
      value: content.slice(0, 200),
      remedy: 'Give {"text"}, {"prompt", "completion"} or {"messages": [{"role", "content"}]} on each line.',
      cause: error,
    });
  }
}

export function formOf(document: Document): 'text' | 'prompt and completion' | 'messages' {
  if ('text' in document) return 'text';
  return 'messages' in document ? 'messages' : 'prompt and completion';
}

/** Reads a plain text file in chunks that end at a line end, or before a space if a line is too long. */
export async function* readText(path: string): AsyncGenerator<string> {
  await checkDataFile(path);
  let pending = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: CHUNK_CHARACTERS })) {
    pending += chunk;
    const end = pending.lastIndexOf('\n') + 1 || (pending.length < LONGEST_LINE ? 0 : pending.lastIndexOf(' '));
    if (end <= 0) continue;
    yield pending.slice(0, end);
    pending = pending.slice(end);
  }
  if (pending !== '') yield pending;
}

/** Throws if the file does not exist or is empty. */
export async function checkDataFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    throw new FtsError('not-found', `There is no data file ${path}.`, {
      field: 'data',
      value: path,
      remedy: 'Name a .txt or a .jsonl file.',
    });
  }
  if (found.size === 0) throw empty(path);
}

function empty(path: string): FtsError {
  return new FtsError('invalid-input', `${path} is empty.`, {
    field: 'data',
    value: path,
    remedy: 'Give a file with at least one document.',
  });
}
