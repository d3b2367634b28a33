import { operationTool } from '../../src/mcp/tools/operation-tool.ts';
import { type Toolset, type ToolsetName, toolsetNames, toolsets } from '../../src/mcp/tools/toolsets.ts';
import { findOperation } from '../../src/operations/find-operation.ts';
import type { Services } from '../../src/services/context.ts';
import { code, page, prose, table } from './markdown.ts';

export function mcpToolsPage(): string {
  return page('MCP tools', [
    'Each tool is made from the operation of the same name ([operations](operations.md)), whose fields are its input. `fts mcp --toolsets NAMES` chooses what a client is offered ([MCP](../mcp.md)).',
    ...toolsetNames.flatMap((name) => [`## ${name}`, aboutToolset(toolsets[name]), toolTable(name)]),
  ]);
}

const aboutToolset = ({ about, byDefault }: Toolset): string =>
  `${about}. Offered ${byDefault ? 'by default' : 'only when it is asked for'}.`;

function toolTable(toolset: ToolsetName): string {
  return table(
    ['tool', 'hints', 'description'],
    toolsets[toolset].operations.map((name) => {
      // A definition says nothing of a home or a machine, so no services are opened for it.
      const { definition } = operationTool(findOperation(name), {} as Services);
      return [code(definition.name), hints(definition.annotations ?? {}), prose(definition.description ?? '')];
    }),
  );
}

/** The hints that are set: `readOnlyHint` is `read only`. */
function hints(annotations: object): string {
  return Object.entries(annotations)
    .filter(([, value]) => value === true)
    .map(([name]) => name.replace(/Hint$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
    .join(', ');
}
