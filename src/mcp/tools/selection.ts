import type { LoadedConfig } from '../../config/load-config.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { findOperation } from '../../operations/find-operation.ts';
import type { Operation } from '../../operations/operation.ts';
import { type ToolsetName, toolsetNames, toolsets } from './toolsets.ts';

/** What the operator (flags) or a client (headers) wants to see. Left out means: no wish. */
export interface Selection {
  /** Names of toolsets, or `all`. */
  toolsets?: readonly string[];
  /** Names of single tools: added to `toolsets`, or alone when that is left out. */
  tools?: readonly string[];
  /** Only tools that change nothing. */
  readOnly?: boolean;
}

/** What the operator chose by flag, variable or file. */
export function selectionOf({ values }: LoadedConfig): Selection {
  const { 'mcp.toolsets': toolsets, 'mcp.tools': tools, 'mcp.read-only': readOnly } = values;
  return {
    ...(toolsets === undefined ? {} : { toolsets }),
    ...(tools === undefined ? {} : { tools }),
    ...(readOnly ? { readOnly } : {}),
  };
}

/** An MCP tool's name for an operation: `models.list` is `models_list`. */
export const toolName = (operationName: string): string => operationName.replaceAll(/[.-]/g, '_');

/** The operations that the operator's selection offers. An unknown toolset or tool is an error: nobody would notice it missing. */
export function selectOperations(selection: Selection): Operation[] {
  const names = new Set<string>();
  const wanted = selection.toolsets ?? (selection.tools === undefined ? ['default'] : []);
  for (const toolset of toolsetsNamed(wanted)) addAll(names, toolsets[toolset].operations);
  addAll(names, (selection.tools ?? []).map(operationNameOf));
  return [...names]
    .map(findOperation)
    .filter((operation) => operation.personOnly !== true)
    .filter((operation) => selection.readOnly !== true || operation.effect === 'read');
}

/**
 * What a request header leaves of the operator's tools: it can only take away. A name that is no toolset or tool of ours
 * is an error, as it is for the operator; one that the operator does not offer takes nothing away and adds nothing.
 */
export function narrowTools<Tool extends { name: string; toolset: string | undefined; readOnly: boolean }>(
  tools: readonly Tool[],
  wish: Selection,
): Tool[] {
  const anyName = wish.toolsets !== undefined || wish.tools !== undefined;
  const wanted = new Set<string>(toolsetsNamed(wish.toolsets ?? []));
  const every = wish.toolsets?.includes('all') ?? false;
  const known = new Set(tools.map(({ name }) => name));
  const single = new Set((wish.tools ?? []).map((name) => (known.has(name) ? name : toolName(operationNameOf(name)))));
  return tools.filter(
    (tool) =>
      (wish.readOnly !== true || tool.readOnly) &&
      (!anyName || every || (tool.toolset !== undefined && wanted.has(tool.toolset)) || single.has(tool.name)),
  );
}

/** The headers that GitHub's server made customary. */
export function selectionFromHeaders(headers: Headers): Selection {
  const list = (name: string): string[] | undefined =>
    headers
      .get(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  const named = list('x-mcp-toolsets');
  const tools = list('x-mcp-tools');
  return {
    ...(named === undefined ? {} : { toolsets: named }),
    ...(tools === undefined ? {} : { tools }),
    ...(isTrue('X-MCP-Readonly', headers.get('x-mcp-readonly')) ? { readOnly: true } : {}),
  };
}

export function toolsetOf(operationName: string): ToolsetName | undefined {
  return toolsetNames.find((name) => (toolsets[name].operations as readonly string[]).includes(operationName));
}

function defaultToolsets(): ToolsetName[] {
  return toolsetNames.filter((name) => toolsets[name].byDefault);
}

/** The toolsets that these names stand for; `all` and `default` stand for several. */
function toolsetsNamed(names: readonly string[]): ToolsetName[] {
  return names.flatMap((name) => {
    if (name === 'all') return toolsetNames;
    if (name === 'default') return defaultToolsets();
    const found = toolsetNames.find((toolset) => toolset === name);
    if (found !== undefined) return [found];
    throw new FtsError('invalid-input', `No toolset "${name}".`, {
      field: 'toolsets',
      value: name,
      remedy: `Choose from: default, all, ${toolsetNames.join(', ')}.`,
    });
  });
}

function isTrue(header: string, value: string | null): boolean {
  if (value === null || /^(0|false|no|)$/i.test(value)) return false;
  if (/^(1|true|yes)$/i.test(value)) return true;
  throw new FtsError('invalid-input', `${header} is neither true nor false.`, {
    field: header,
    value,
    remedy: 'Send true or false, or leave it out.',
  });
}

function operationNameOf(tool: string): string {
  const every = toolsetNames.flatMap((name) => toolsets[name].operations as readonly string[]);
  const found = every.find((operation) => operation === tool || toolName(operation) === tool);
  if (found === undefined) {
    throw new FtsError('invalid-input', `No tool "${tool}".`, {
      field: 'tools',
      value: tool,
      remedy: `Choose from: ${every.map(toolName).join(', ')}.`,
    });
  }
  return found;
}

function addAll(names: Set<string>, more: readonly string[]): void {
  for (const name of more) names.add(name);
}
