import { z } from 'zod';
import { operations } from '../../src/operations/find-operation.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { code, page, prose, table } from './markdown.ts';

export function operationsPage(): string {
  return page('Operations', [
    'Everything the program can do. A command, an MCP tool and `POST /api/operations/NAME` are made from each ([architecture](../architecture.md)). An effect is `read`, `write`, `destructive`, or `access` where it changes who may do what; the scope is the one that a key or token needs. A job answers at once and works on.',
    table(
      ['operation', 'what it does', 'effect', 'scope', 'job', 'who may call'],
      operations.map((operation) => [
        `[${code(operation.name)}](#${operation.name.replaceAll('.', '')})`,
        prose(operation.title),
        operation.effect,
        operation.scope,
        operation.job ? 'yes' : '',
        whoMayCall(operation),
      ]),
    ),
    ...operations.flatMap((operation) => [`## ${operation.name}`, prose(operation.description), inputTable(operation)]),
  ]);
}

/** The rules of `authorize`, which holds for every face, and what a record says of the faces. */
function whoMayCall({ personOnly, consoleOnly, effect, actsOn }: Operation): string {
  return [
    consoleOnly === true
      ? 'the console’s pages; no command, no tool'
      : personOnly === true
        ? 'people; it is no MCP tool'
        : 'all',
    effect === 'access' ? 'needs a credential, also on this machine' : '',
    actsOn === undefined ? '' : 'needs also the scope of what it acts on',
  ]
    .filter(Boolean)
    .join('; ');
}

function inputTable({ input, consoleFields = [] }: Operation): string {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return 'It takes no input.';
  return table(
    ['field', 'type', 'needed', 'meaning'],
    fields.map(([name, field]) => {
      const { description = '', default: fallback } = field as z.core.JSONSchema.BaseSchema;
      const needed = schema.required?.includes(name) === true && fallback === undefined;
      const fromConsole = consoleFields.includes(name) ? ' (sent by the console only)' : '';
      return [
        code(name),
        typeOf(field as z.core.JSONSchema.BaseSchema),
        needed ? 'yes' : fallback === undefined ? '' : `default ${code(JSON.stringify(fallback))}`,
        prose(description) + fromConsole,
      ];
    }),
  );
}

function typeOf(field: z.core.JSONSchema._JSONSchema): string {
  if (typeof field === 'boolean') return 'any';
  if (field.enum !== undefined) return field.enum.map((value) => code(String(value))).join(', ');
  if (field.const !== undefined) return code(String(field.const));
  const alternatives = field.anyOf ?? field.oneOf;
  if (alternatives !== undefined) return [...new Set(alternatives.map(typeOf))].join(' or ');
  if (field.type === 'array') {
    const items = Array.isArray(field.items) ? undefined : field.items;
    return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  }
  return [field.type ?? 'any'].flat().join(' or ');
}
