import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Caller } from '../../access/caller.ts';
import { callerOf } from '../protocol/caller.ts';
import { abilitiesOf } from '../protocol/client-abilities.ts';
import { type Task, type TaskSource, tasksExtension } from './task.ts';

const answer = z.looseObject({});
const taskParams = z.looseObject({ taskId: z.string().min(1).max(200) });

/** Answers `tasks/get`, `tasks/update` and `tasks/cancel` of the Tasks extension. */
export function serveTasks(server: Server, sources: readonly TaskSource[]): void {
  const find = (taskId: string, context: ServerContext): { source: TaskSource; task: Task; caller: Caller } => {
    requireTasks(context, server);
    const caller = callerOf(context.http);
    for (const source of sources) {
      const task = source.get(taskId, caller);
      if (task !== undefined) return { source, task, caller };
    }
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No task "${taskId}".`);
  };

  server.setRequestHandler('tasks/get', { params: taskParams, result: answer }, ({ taskId }, context) => ({
    ...find(taskId, context).task,
  }));
  server.setRequestHandler('tasks/cancel', { params: taskParams, result: answer }, async ({ taskId }, context) => {
    const { source, caller } = find(taskId, context);
    await source.cancel(taskId, caller);
    return {};
  });
  server.setRequestHandler('tasks/update', { params: taskParams, result: answer }, ({ taskId }, context) => {
    const { source, caller } = find(taskId, context);
    // The SDK takes the answers out of the parameters, as it does for every method of the 2026 era.
    source.update(taskId, context.mcpReq.inputResponses ?? {}, caller);
    return {};
  });
}

/** Refuses a client that did not say with this request that it knows tasks. */
export function requireTasks(context: ServerContext, server?: Server): void {
  if (abilitiesOf(context, server).tasks) return;
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
}
