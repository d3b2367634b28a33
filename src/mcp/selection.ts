import type { LoadedConfig } from '../config/load-config.ts';
import { FtsError } from '../errors/fts-error.ts';
import { findOperation } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
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
  const wanted = selection.toolsets ?? (selection.tools === undefined ? defaultToolsets() : []);
  for (const name of wanted) {
    if (name === 'all') for (const toolset of toolsetNames) addAll(names, toolsets[toolset].operations);
    else if (name === 'default') for (const toolset of defaultToolsets()) addAll(names, toolsets[toolset].operations);
    else addAll(names, toolsetNamed(name).operations);
  }
  addAll(names, (selection.tools ?? []).map(operationNameOf));
  return [...names]
    .map(findOperation)
    .filter((operation) => operation.personOnly !== true)
    .filter((operation) => selection.readOnly !== true || operation.effect === 'read');
}

/**
 * What a request header leaves of the operator's tools: it can only take away. Names that the operator does not offer
 * are ignored, because the header may be shared between servers.
 */
export function narrowTools<Tool extends { name: string; toolset: string | undefined; readOnly: boolean }>(
  tools: readonly Tool[],
  wish: Selection,
): Tool[] {
  const anyName = wish.toolsets !== undefined || wish.tools !== undefined;
  const every = wish.toolsets?.includes('all') ?? false;
  return tools.filter(
    (tool) =>
      (wish.readOnly !== true || tool.readOnly) &&
      (!anyName ||
        every ||
        (tool.toolset !== undefined && wish.toolsets?.includes(tool.toolset)) ||
        wish.tools?.includes(tool.name)),
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
    ...(/^(1|true|yes)$/i.test(headers.get('x-mcp-readonly') ?? '') ? { readOnly: true } : {}),
  };
}

export function toolsetOf(operationName: string): ToolsetName | undefined {
  return toolsetNames.find((name) => (toolsets[name].operations as readonly string[]).includes(operationName));
}

function defaultToolsets(): ToolsetName[] {
  return toolsetNames.filter((name) => toolsets[name].byDefault);
}

function toolsetNamed(name: string): { operations: readonly string[] } {
  if (!(name in toolsets)) {
    throw new FtsError('invalid-input', `No toolset "${name}".`, {
      field: 'toolsets',
      value: name,
      remedy: `Choose from: default, all, ${toolsetNames.join(', ')}.`,
    });
  }
  return toolsets[name as ToolsetName];
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
