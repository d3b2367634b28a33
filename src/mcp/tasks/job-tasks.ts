import { mayUse } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { isFinished, type Job } from '../../jobs/job.ts';
import { audited } from '../../operations/audited-call.ts';
import { findOperation } from '../../operations/find-operation.ts';
import type { Services } from '../../services/context.ts';
import { requireScope } from '../protocol/caller.ts';
import { progressInWords } from '../protocol/progress-notifications.ts';
import { errorResult } from '../tools/error-result.ts';
import { resultOf } from '../tools/tool-result.ts';
import type { Task, TaskSource } from './task.ts';

/** Every job is a task: what `jobs_show` tells of it, in the extension's words. */
export function jobTasks(services: Services): TaskSource {
  const { jobs } = services;
  return {
    get(taskId, caller) {
      if (!mayUse(caller, 'read')) return undefined;
      try {
        return taskOf(jobs.get(taskId));
      } catch (thrown) {
        if (FtsError.from(thrown).kind === 'not-found') return undefined;
        throw thrown;
      }
    },
    async cancel(taskId, caller) {
      const job = jobs.get(taskId);
      requireScope(caller, findOperation(job.operation).scope, `cancelling ${job.operation}`, services);
      // A task that has ended stays as it is: the extension wants a second cancel to be harmless.
      if (isFinished(job.state)) return;
      const asked = { operation: findOperation('jobs.cancel'), input: { id: taskId }, caller };
      await audited(asked, services, async () => jobs.requestCancel(taskId));
    },
    // Jobs get everything that they need before they start, so there is never anything to deliver.
    update() {},
  };
}

export function taskOf(job: Job): Task {
  const base = {
    taskId: job.id,
    createdAt: job.createdAt,
    lastUpdatedAt: job.finishedAt ?? new Date().toISOString(),
    ttlMs: null,
    pollIntervalMs: 1000,
    ...(job.progress === null ? {} : { statusMessage: progressInWords(job.progress) }),
  };
  switch (job.state) {
    case 'queued':
    case 'running':
      return { ...base, status: 'working' };
    case 'cancelled':
      return { ...base, status: 'cancelled' };
    case 'succeeded':
      return { ...base, status: 'completed', result: resultOf(job.result) };
    case 'failed':
    case 'interrupted': {
      const error = FtsError.fromJSON(job.error as Parameters<typeof FtsError.fromJSON>[0]);
      // The extension tells apart a tool that reports an error (completed) and work that broke down (failed).
      return job.state === 'failed' && error.kind !== 'internal'
        ? { ...base, status: 'completed', result: errorResult(error, () => {}) }
        : {
            ...base,
            status: 'failed',
            error: { code: -32603, message: error.message, data: { remedy: error.remedy } },
          };
    }
  }
}
