import { setTimeout as sleep } from 'node:timers/promises';
import {
  acceptedContent,
  type CallToolResult,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
} from '@modelcontextprotocol/server';
import { requireTasks } from '../../src/mcp/tasks/serve-tasks.ts';
import { createTaskResult, type Task, type TaskSource } from '../../src/mcp/tasks/task.ts';
import type { Tool, ToolCall } from '../../src/mcp/tools/tool.ts';

const text = (content: string): CallToolResult => ({ content: [{ type: 'text', text: content }] });

interface Live {
  task: Task;
  cancelled: AbortController;
  answers: Map<string, unknown>;
  answered: (() => void) | undefined;
}

/** Tasks in memory that can ask for input, which the product's jobs never do: what the suite's task scenarios call. */
export function taskFixtures(): { tools: Tool[]; tasks: TaskSource[] } {
  const live = new Map<string, Live>();

  const start = (
    run: (work: { signal: AbortSignal; ask(requests: InputRequests): Promise<void> }) => Promise<CallToolResult>,
  ) => {
    const now = new Date().toISOString();
    const base = {
      taskId: `task-${live.size + 1}`,
      createdAt: now,
      lastUpdatedAt: now,
      ttlMs: 60_000,
      pollIntervalMs: 200,
    };
    const entry: Live = {
      task: { ...base, status: 'working' },
      cancelled: new AbortController(),
      answers: new Map(),
      answered: undefined,
    };
    live.set(base.taskId, entry);
    const ask = async (requests: InputRequests): Promise<void> => {
      for (;;) {
        const pending = Object.fromEntries(Object.entries(requests).filter(([key]) => !entry.answers.has(key)));
        if (Object.keys(pending).length === 0) break;
        entry.task = { ...base, status: 'input_required', inputRequests: pending };
        await new Promise<void>((resolve) => {
          entry.answered = resolve;
        });
      }
      entry.task = { ...base, status: 'working' };
    };
    void run({ signal: entry.cancelled.signal, ask }).then(
      (result) => {
        if (!entry.cancelled.signal.aborted) entry.task = { ...base, status: 'completed', result };
      },
      (error: Error) => {
        if (!entry.cancelled.signal.aborted)
          entry.task = { ...base, status: 'failed', error: { code: -32603, message: error.message } };
      },
    );
    return createTaskResult(entry.task);
  };

  const source: TaskSource = {
    get: (taskId) => live.get(taskId)?.task,
    async cancel(taskId) {
      const entry = live.get(taskId)!;
      if (entry.task.status !== 'working' && entry.task.status !== 'input_required') return;
      const { taskId: id, createdAt, ttlMs, pollIntervalMs } = entry.task;
      entry.task = {
        taskId: id,
        createdAt,
        ttlMs,
        pollIntervalMs,
        lastUpdatedAt: new Date().toISOString(),
        status: 'cancelled',
      };
      entry.cancelled.abort();
    },
    update(taskId, inputResponses) {
      const entry = live.get(taskId)!;
      if (entry.task.status !== 'input_required') return;
      for (const [key, value] of Object.entries(inputResponses)) {
        if (!(key in entry.task.inputRequests)) continue;
        entry.answers.set(key, value);
        const { [key]: _, ...pending } = entry.task.inputRequests;
        entry.task = { ...entry.task, inputRequests: pending };
      }
      entry.answered?.();
    },
  };

  const form = (message: string, field: string, type: 'string' | 'boolean') =>
    inputRequired.elicit({
      message,
      requestedSchema: {
        type: 'object',
        properties: { [field]: type === 'string' ? { type } : { type } },
        required: [field],
      },
    });

  const tool = (
    name: string,
    call: (
      input: Record<string, unknown>,
      call: ToolCall,
    ) => CallToolResult | InputRequiredResult | Promise<CallToolResult>,
    properties: Record<string, { type: string }> = {},
  ): Tool => ({
    name,
    toolset: undefined,
    readOnly: true,
    scope: 'read',
    definition: {
      name,
      description: `Conformance fixture ${name}`,
      inputSchema: { type: 'object', properties: properties as Record<string, never> },
    },
    call: async (input, toolCall) => call(input, toolCall),
  });

  return {
    tasks: [source],
    tools: [
      tool('greet', ({ name }) => text(`Hello, ${name}!`), { name: { type: 'string' } }),
      tool(
        'slow_compute',
        ({ seconds }, { client }) => {
          const compute = async (signal?: AbortSignal) => {
            await sleep(Number(seconds) * 1000, undefined, signal === undefined ? {} : { signal });
            return text(`Computed for ${seconds} s`);
          };
          return client.tasks ? start(({ signal }) => compute(signal)) : compute();
        },
        { seconds: { type: 'number' }, label: { type: 'string' } },
      ),
      tool('failing_job', (_input, { context }) => {
        requireTasks(context);
        return start(async () => {
          await sleep(1000);
          return { isError: true, ...text('The job failed, as it should') };
        });
      }),
      tool('protocol_error_job', (_input, { context }) => {
        requireTasks(context);
        return start(async () => {
          throw new Error('broken');
        });
      }),
      tool(
        'confirm_delete',
        ({ filename }, { context }) => {
          requireTasks(context);
          return start(async ({ ask }) => {
            await ask({ confirm: form(`Delete ${filename}?`, 'confirm', 'boolean') });
            return text(`Answered for ${filename}`);
          });
        },
        { filename: { type: 'string' } },
      ),
      tool('multi_input', (_input, { context }) => {
        requireTasks(context);
        return start(async ({ ask }) => {
          await ask({ first: form('First?', 'name', 'string'), second: form('Second?', 'name', 'string') });
          return text('Both answered');
        });
      }),
      tool('test_tool_with_task', (_input, { context }) => {
        requireTasks(context);
        const name = acceptedContent<{ name: string }>(context.mcpReq.inputResponses, 'user_name')?.name;
        if (name === undefined)
          return inputRequired({ inputRequests: { user_name: form('What is your name?', 'name', 'string') } });
        return start(async () => text(`Hello, ${name}!`));
      }),
    ],
  };
}
