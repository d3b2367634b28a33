import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Operation } from '../operations/operation.ts';

/** The part of a JSON Schema that a command line can express. */
const fieldSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  items: z.looseObject({ type: z.string().optional() }).optional(),
  anyOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
});
type Field = z.output<typeof fieldSchema>;

const inputSchema = z.looseObject({
  properties: z.record(z.string(), fieldSchema).default({}),
  required: z.array(z.string()).default([]),
});

/** Adds an operation's input to its command: positionals as words, every other field as a flag. */
export function addOperationFlags(command: Command, operation: Operation): void {
  addOperationWords(command, operation);
  for (const [name, field] of Object.entries(fieldsOf(operation).properties)) {
    if (operation.positionals?.includes(name)) continue;
    command.addOption(optionFor(name, field));
    // A flag that is on by default can be switched off.
    if (field.type === 'boolean' && field.default === true)
      command.addOption(new Option(`--no-${kebab(name)}`, `Not: ${field.description ?? name}`));
  }
}

/** The positionals alone, for a command whose parent has the flags. */
export function addOperationWords(command: Command, operation: Operation): void {
  const { properties, required } = fieldsOf(operation);
  for (const name of operation.positionals ?? []) {
    const field = properties[name]!;
    const dots = isList(field) ? '...' : '';
    command.argument(
      required.includes(name) && field.default === undefined ? `<${name}${dots}>` : `[${name}${dots}]`,
      field.description ?? '',
    );
  }
}

/** The words and flags of a parsed command line as the operation's input; its own schema then checks it. */
export function readOperationInput(command: Command, operation: Operation): Record<string, unknown> {
  const { properties } = fieldsOf(operation);
  const input: Record<string, unknown> = {};
  for (const [index, name] of (operation.positionals ?? []).entries()) {
    const value: unknown = command.processedArgs[index];
    if (value !== undefined) input[name] = readValue(name, value, properties[name]!);
  }
  for (const [name, field] of Object.entries(properties)) {
    if (operation.positionals?.includes(name)) continue;
    // `fts plan cost`: a flag that `fts plan` has as well is taken by that one, wherever it stands.
    const source = command.getOptionValueSourceWithGlobals(optionKey(name));
    if (source === 'cli') input[name] = readValue(name, command.optsWithGlobals()[optionKey(name)], field);
  }
  return input;
}

function fieldsOf(operation: Operation): z.output<typeof inputSchema> {
  const fields = inputSchema.parse(z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }));
  for (const name of operation.consoleFields ?? []) delete fields.properties[name];
  return fields;
}

function optionFor(name: string, field: Field): Option {
  const flag = `--${kebab(name)}`;
  const description = [
    field.description ?? '',
    field.default === undefined ? '' : `(default: ${field.default === true ? 'on' : JSON.stringify(field.default)})`,
  ]
    .filter(Boolean)
    .join(' ');
  if (field.type === 'boolean') return new Option(flag, description);
  const option = new Option(
    isList(field) ? `${flag} <${kebab(name)}...>` : `${flag} <${placeholder(field)}>`,
    description,
  );
  return field.enum === undefined ? option : option.choices(field.enum.map(String)).argParser(choiceOf(field.enum));
}

/** Takes a choice in upper or lower case, as long as that means one choice alone. */
function choiceOf(choices: readonly unknown[]): (word: string) => unknown {
  return (word) => {
    if (choices.includes(word)) return word;
    const alike = choices.filter((choice) => String(choice).toLowerCase() === word.toLowerCase());
    if (alike.length !== 1) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return String(alike[0]);
  };
}

function placeholder(field: Field): string {
  if (field.enum !== undefined) return 'choice';
  return field.type === 'object' ? 'json' : field.type === 'integer' || field.type === 'number' ? 'n' : 'text';
}

/** Words become the type that the schema names; a word that cannot is left for the schema to refuse by name. */
function readValue(name: string, value: unknown, field: Field): unknown {
  if (isList(field)) return [value].flat().flatMap((item) => readItems(name, item, field.items?.type));
  return readScalar(name, value, field.type);
}

/** One word of a list, or the whole list as JSON in one word. */
function readItems(name: string, value: unknown, type: Field['type']): unknown[] {
  const item = readScalar(name, value, type);
  return type !== 'array' && Array.isArray(item) ? item : [item];
}

function readScalar(name: string, value: unknown, type: Field['type']): unknown {
  if (typeof value !== 'string') return value;
  if ((type === 'number' || type === 'integer') && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  if (type === 'string') return value;
  if (type === 'object' || type === 'array') return parseJson(name, value);
  // A field that takes several types: JSON where it is JSON, else the word itself.
  if (type === undefined || Array.isArray(type)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  return value;
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FtsError('invalid-input', `--${kebab(name)} takes JSON: ${(error as Error).message}`, {
      field: name,
      value: text,
      remedy: `Quote it for the shell, as in --${kebab(name)} '{"key":"value"}'.`,
    });
  }
}

const isList = (field: Field): boolean => field.type === 'array';
const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** Commander keeps `--group-size` under `groupSize`. */
const optionKey = (name: string): string =>
  kebab(name).replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
