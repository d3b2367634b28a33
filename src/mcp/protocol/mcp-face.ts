import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type McpRequestContext, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Scope } from '../../access/api-keys.ts';
import { writeNote } from '../../runtime/terminal-output.ts';
import type { Services } from '../../services/context.ts';
import { visibleProse } from '../../text/visible-text.ts';
import { ftsPrompts } from '../prompts/playbooks.ts';
import { serveCompletions } from '../prompts/serve-completions.ts';
import { servePrompts } from '../prompts/serve-prompts.ts';
import { ResourceChanges } from '../resources/resource-changes.ts';
import { ftsFamilies, ftsResources } from '../resources/resources.ts';
import { serveResources } from '../resources/serve-resources.ts';
import { serveSubscriptions } from '../resources/serve-subscriptions.ts';
import { jobTasks } from '../tasks/job-tasks.ts';
import { serveTasks } from '../tasks/serve-tasks.ts';
import { tasksExtension } from '../tasks/task.ts';
import type { ReportFault } from '../tools/error-result.ts';
import { operationTool } from '../tools/operation-tool.ts';
import {
  narrowTools,
  type Selection,
  selectionFromHeaders,
  selectionOf,
  selectOperations,
} from '../tools/selection.ts';
import { serveTools } from '../tools/serve-tools.ts';
import type { Tool } from '../tools/tool.ts';
import { viewMimeType, viewResources, viewsExtension } from '../views/views.ts';
import { callerOf } from './caller.ts';
import { joinSurfaces, type Surface } from './surface.ts';

export interface McpOptions {
  version: string;
  /** What is offered instead of what the operator's settings say; a client's headers may only narrow it. */
  selection?: Selection;
  /** What only a test adds. */
  extra?: Partial<Surface>;
  changes?: ResourceChanges;
  reportFault?: ReportFault;
}

const instructions =
  'FTS operates Akamai and takes language models through their whole life. Long work runs as jobs: start it, then follow with jobs_show. Nothing changes Akamai without a plan that a person approved.';

/** How long a client of the 2026 era may keep an answer. What changes under its hands, it must ask again. */
const cacheHints = {
  'tools/list': { ttlMs: 300_000, cacheScope: 'private' },
  'prompts/list': { ttlMs: 300_000, cacheScope: 'private' },
  'resources/templates/list': { ttlMs: 300_000, cacheScope: 'private' },
  'resources/list': { ttlMs: 5000, cacheScope: 'private' },
  'resources/read': { ttlMs: 1000, cacheScope: 'private' },
  'server/discover': { ttlMs: 300_000, cacheScope: 'private' },
} as const;

const capabilities = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
  extensions: { [tasksExtension]: {}, [viewsExtension]: { mimeTypes: [viewMimeType] } },
};

export interface McpFace {
  /** What the operator offers. */
  tools: readonly Tool[];
  /** Makes one protocol server per request (2026 era) or per session (2025 era). */
  factory: (context: McpRequestContext) => Server;
  /** The scope that a message asks for, so that HTTP can challenge before anything runs. */
  neededScope(message: unknown): Scope | undefined;
}

const toolCall = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) });

/** Everything that the servers of this process share, made once. */
export function createMcpFace(services: Services, options: McpOptions): McpFace {
  const reportFault = options.reportFault ?? writeFault;
  const changes = options.changes ?? new ResourceChanges(services);
  const surface = joinSurfaces(
    {
      tools: selectOperations(options.selection ?? selectionOf(services.config)).map((operation) =>
        operationTool(operation, services),
      ),
      resources: [...ftsResources(services), ...viewResources(services)],
      families: ftsFamilies(services),
      prompts: ftsPrompts(services),
      tasks: [jobTasks(services)],
    },
    options.extra ?? {},
  );
  const requestState = createRequestStateCodec<Record<string, unknown>>({
    key: randomBytes(32),
    ttlSeconds: 600,
    bind: (context) => `${callerOf(context.http).name}|${context.mcpReq.method}`,
  });

  const factory = (request: McpRequestContext): Server => {
    const { requestInfo } = request;
    const tools =
      requestInfo === undefined ? surface.tools : narrowTools(surface.tools, selectionFromHeaders(requestInfo.headers));
    const server = new Server(
      { name: 'fts', title: 'FTS MCP Server', version: options.version },
      { capabilities, instructions, cacheHints, requestState: { verify: requestState.verify } },
    );
    serveTools(server, tools, {
      services,
      reportFault,
      sealState: (context) => (state) => requestState.mint(state, context),
    });
    serveResources(server, surface, services);
    servePrompts(server, surface.prompts);
    serveCompletions(server, surface);
    // The 2025 era has methods of the same names with another meaning.
    if (request.era === 'modern') serveTasks(server, surface.tasks);
    serveSubscriptions(server, request, changes);
    return server;
  };

  return {
    tools: surface.tools,
    factory,
    neededScope(message) {
      const call = toolCall.safeParse(message);
      return call.success ? surface.tools.find(({ name }) => name === call.data.params.name)?.scope : undefined;
    },
  };
}

function writeFault(id: string, error: unknown): void {
  writeNote(`fault ${id}: ${visibleProse((error as Error)?.stack ?? String(error))}\n`);
}
