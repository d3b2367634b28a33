import {
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Services } from '../../services/context.ts';
import { callerOf, requireScope } from '../protocol/caller.ts';
import { abilitiesOf } from '../protocol/client-abilities.ts';
import { InputNeeded } from './ask-through-elicitation.ts';
import { errorResult, type ReportFault } from './error-result.ts';
import type { Tool, ToolCall } from './tool.ts';

/** Answers `tools/list` and `tools/call`. */
export function serveTools(
  server: Server,
  tools: readonly Tool[],
  options: {
    services: Pick<Services, 'refusals'>;
    reportFault: ReportFault;
    sealState: (context: ServerContext) => ToolCall['sealState'];
  },
): void {
  server.setRequestHandler('tools/list', (_request, context) => {
    const { views } = abilitiesOf(context, server);
    return {
      tools: tools.map(({ definition, view }) =>
        // Only for those who can show them: everybody else would pay for the addresses.
        views && view !== undefined ? { ...definition, _meta: { ui: { resourceUri: view } } } : definition,
      ),
    };
  });
  server.setRequestHandler('tools/call', async (request, context) => {
    const tool = toolNamed(tools, request.params.name);
    const caller = callerOf(context.http);
    requireScope(caller, tool.scope, tool.name, options.services);
    try {
      const result = await tool.call(request.params.arguments ?? {}, {
        caller,
        context,
        client: abilitiesOf(context, server),
        sealState: options.sealState(context),
      });
      return isInputRequiredResult(result) || result.resultType === 'task'
        ? result
        : server.projectCallToolResult(result, tool.definition.outputSchema);
    } catch (thrown) {
      if (thrown instanceof InputNeeded) return thrown.result;
      if (thrown instanceof ProtocolError) throw thrown;
      return errorResult(thrown, options.reportFault);
    }
  });
}

function toolNamed(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No tool "${name.slice(0, 80)}". See tools/list.`);
  }
  return tool;
}
