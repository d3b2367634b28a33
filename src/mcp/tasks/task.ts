import type { CallToolResult, InputRequests } from '@modelcontextprotocol/server';
import type { Caller } from '../../access/caller.ts';

/** SEP-2663: long work that a client follows as a task. */
export const tasksExtension = 'io.modelcontextprotocol/tasks';

interface TaskBase {
  taskId: string;
  /** Where it stands, in words. */
  statusMessage?: string;
  createdAt: string;
  lastUpdatedAt: string;
  /** How long it can be asked for; null is: as long as its record is kept. */
  ttlMs: number | null;
  pollIntervalMs: number;
}

/** A task with what its status brings along, as `tasks/get` answers. */
export type Task = TaskBase &
  (
    | { status: 'working' | 'cancelled' }
    | { status: 'input_required'; inputRequests: InputRequests }
    | { status: 'completed'; result: CallToolResult }
    | { status: 'failed'; error: { code: number; message: string; data?: unknown } }
  );

/** Where tasks live. */
export interface TaskSource {
  /** Undefined for an id that it does not know. */
  get(taskId: string, caller: Caller): Task | undefined;
  cancel(taskId: string, caller: Caller): Promise<void>;
  /** Delivers answers to what the task asked for. */
  update(taskId: string, inputResponses: Record<string, unknown>, caller: Caller): void;
}

/** The answer to a call that goes on as a task: the task as it stands, without what only `tasks/get` tells. */
export function createTaskResult(task: Task): CallToolResult {
  const { taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs } = task;
  return {
    resultType: 'task',
    taskId,
    status,
    ...(statusMessage === undefined ? {} : { statusMessage }),
    createdAt,
    lastUpdatedAt,
    ttlMs,
    pollIntervalMs,
  } as unknown as CallToolResult;
}
