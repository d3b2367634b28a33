import { randomBytes } from 'node:crypto';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  isInputRequiredResult,
  type McpRequestContext,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Services } from '../operations/context.ts';
import { callerOf, mayUse } from './caller.ts';
import { errorResult, type ReportFault } from './error-result.ts';
import { operationTool } from './operation-tool.ts';
import { narrowTools, type Selection, selectionFromHeaders, selectOperations } from './selection.ts';
import type { Tool } from './tool.ts';

export interface McpOptions {
  version: string;
  /** What the operator offers; a client's headers may only narrow it. */
  selection?: Selection;
  /** Tools that are no operations: only tests have such. */
  extraTools?: readonly Tool[];
  reportFault?: ReportFault;
}

const instructions =
  'FTS operates Akamai and takes language models through their whole life. Long work runs as jobs: start it, then follow with jobs_show. Nothing changes Akamai without a plan that a person approved.';

/** Results of these methods may be kept this long by a client of the 2026 era. */
const cacheHints = {
  'tools/list': { ttlMs: 300_000, cacheScope: 'private' },
  'server/discover': { ttlMs: 300_000, cacheScope: 'private' },
} as const;

/** Makes one protocol server per request (2026 era) or per session (2025 era); what they share is made once here. */
export function createServerFactory(services: Services, options: McpOptions): (context: McpRequestContext) => Server {
  const reportFault = options.reportFault ?? writeFault;
  const allTools = [
    ...selectOperations(options.selection ?? {}).map((operation) => operationTool(operation, services)),
    ...(options.extraTools ?? []),
  ];
  const requestState = createRequestStateCodec({
    key: randomBytes(32),
    ttlSeconds: 600,
    bind: (context) => `${callerOf(context.http?.authInfo).name}|${context.mcpReq.method}`,
  });

  return ({ requestInfo }) => {
    const tools =
      requestInfo === undefined ? allTools : narrowTools(allTools, selectionFromHeaders(requestInfo.headers));
    const server = new Server(
      { name: 'fts', title: 'FTS MCP Server', version: options.version },
      {
        capabilities: { tools: {} },
        instructions,
        cacheHints,
        requestState: { verify: requestState.verify },
      },
    );
    server.setRequestHandler('tools/list', () => ({ tools: tools.map(({ definition }) => definition) }));
    server.setRequestHandler('tools/call', async (request, context) => {
      const tool = toolNamed(tools, request.params.name);
      const caller = callerOf(context.http?.authInfo);
      if (!mayUse(caller, tool.scope)) {
        throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `${tool.name} needs the scope "${tool.scope}".`);
      }
      try {
        const takesTasks = capabilitiesOf(context, server)?.extensions?.['io.modelcontextprotocol/tasks'] !== undefined;
        const result = await tool.call(request.params.arguments ?? {}, { caller, context, takesTasks });
        return isInputRequiredResult(result)
          ? result
          : server.projectCallToolResult(result, tool.definition.outputSchema);
      } catch (thrown) {
        if (thrown instanceof ProtocolError) throw thrown;
        return errorResult(thrown, reportFault);
      }
    });
    return server;
  };
}

function toolNamed(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No tool "${name.slice(0, 80)}". See tools/list.`);
  }
  return tool;
}

/** What the client can do: said with each request in the 2026 era, once per session before. */
function capabilitiesOf(context: ServerContext, server: Server): ClientCapabilities | undefined {
  const envelope = context.mcpReq.envelope as Record<string, ClientCapabilities | undefined> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities();
}

function writeFault(id: string, error: unknown): void {
  process.stderr.write(`fault ${id}: ${(error as Error)?.stack ?? String(error)}\n`);
}
