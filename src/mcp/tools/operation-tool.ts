import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import { publicUrl } from '../../config/public-url.ts';
import { jobSchema } from '../../jobs/job.ts';
import { callOperation, submitOperation } from '../../operations/call-operation.ts';
import type { Operation } from '../../operations/operation.ts';
import type { Services } from '../../services/context.ts';
import { progressNotifications } from '../protocol/progress-notifications.ts';
import { taskOf } from '../tasks/job-tasks.ts';
import { createTaskResult } from '../tasks/task.ts';
import { viewOf } from '../views/views.ts';
import { askThroughElicitation } from './ask-through-elicitation.ts';
import { inputSchemaOf, outputSchemaOf } from './compact-schema.ts';
import { toolName, toolsetOf } from './selection.ts';
import type { Tool, ToolCall } from './tool.ts';
import { resultOf } from './tool-result.ts';

/** What a started job answers with: enough to follow it, without repeating what the caller just said. */
const startedJobSchema = jobSchema.pick({ id: true, operation: true, state: true, createdAt: true });

/** The tool of an operation: its record, said in the protocol's words. */
export function operationTool(operation: Operation, services: Services): Tool {
  const view = viewOf(operation);
  return {
    name: toolName(operation.name),
    toolset: toolsetOf(operation.name),
    readOnly: operation.effect === 'read',
    scope: operation.scope,
    ...(view === undefined ? {} : { view }),
    definition: {
      name: toolName(operation.name),
      title: operation.title,
      description: inToolNames(describe(operation)),
      inputSchema: inputSchemaOf(operation.input),
      outputSchema: outputSchemaOf(operation.job ? startedJobSchema : operation.output),
      annotations: {
        readOnlyHint: operation.effect === 'read',
        destructiveHint: operation.effect === 'destructive',
        idempotentHint: operation.idempotent,
        openWorldHint: operation.openWorld,
      },
    },
    call: (input, call) =>
      operation.job ? startJob(operation, input, services, call) : callNow(operation, input, services, call),
  };
}

async function callNow(
  operation: Operation,
  input: Record<string, unknown>,
  services: Services,
  call: ToolCall,
): Promise<CallToolResult | InputRequiredResult> {
  const { context, caller } = call;
  const output = await callOperation(operation, input, services, {
    report: progressNotifications(context),
    signal: context.mcpReq.signal,
    caller,
    askPerson: askThroughElicitation(call, {
      consoleUrl: publicUrl(services),
      clientForms: services.config.values['approval.client-forms'],
    }),
  });
  return resultOf(output);
}

async function startJob(
  operation: Operation,
  input: Record<string, unknown>,
  services: Services,
  { client, caller }: ToolCall,
): Promise<CallToolResult> {
  const job = submitOperation(operation, input, services, caller);
  if (client.tasks) return createTaskResult(taskOf(job));
  const { id, state, createdAt } = job;
  const started = { id, operation: operation.name, state, createdAt };
  const text = `${JSON.stringify(started)}\nFollow it with jobs_show (waitSeconds lets it wait for news).`;
  return { structuredContent: started, content: [{ type: 'text', text }] };
}

function describe(operation: Operation): string {
  return operation.job
    ? `${operation.description} Starts a job and returns its id at once; \`jobs.show\` follows it, \`jobs.cancel\` stops it.`
    : operation.description;
}

/** Descriptions speak of operations (`models.list`); a tool's reader knows them as `models_list`. */
function inToolNames(text: string): string {
  return text.replaceAll(/`([a-z]+(?:\.[a-z]+)+)`/g, (_, name: string) => `\`${toolName(name)}\``);
}
