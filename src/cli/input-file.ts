import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';

/** Reads an operation's input from a JSON or YAML file. What its fields mean is for the operation's schema to check. */
export async function readInputFile(path: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseYaml(await readFile(path, 'utf8')); // JSON is YAML too
  } catch (error) {
    throw new FtsError('invalid-input', `The input file ${path} cannot be read: ${(error as Error).message}`, {
      field: 'input',
      value: path,
      remedy: 'Give a JSON or YAML file with one field a line, such as `steps: 500`.',
      cause: error,
    });
  }
  return parseWith(z.record(z.string(), z.unknown()), value, path);
}
