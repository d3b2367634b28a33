import { join } from 'node:path';
import pc from 'picocolors';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Job } from '../jobs/job.ts';
import { followJob } from '../jobs/job-queue.ts';
import { submitOperation } from '../operations/call-operation.ts';
import { findOperation } from '../operations/find-operation.ts';
import { writeResult } from '../runtime/terminal-output.ts';
import type { Services } from '../services/context.ts';
import { readMetrics } from '../training/report/metrics-log.ts';
import { ProgressLine } from './progress-line.ts';
import { sampleReport, sampleResultsSchema } from './sample-report.ts';
import { serverUrls } from './server-urls.ts';
import { terminalUser } from './terminal-user.ts';

/** The stages of the sample life, as the operations that a user would call. */
const stages = [
  {
    operation: 'plan',
    input: {
      model: 'operator',
      purpose: 'train',
      machines: ['this-machine'],
      context: 128,
      batch: 32,
      accumulation: 1,
      precision: 'fp32',
      tokens: 3e6,
    },
  },
  { operation: 'train', input: { recipe: 'operator', name: 'operator' } },
  { operation: 'quantize', input: { model: 'operator', formats: ['f32', 'q8_0', 'q4_0'], method: 'rtn' } },
  { operation: 'evaluate', input: { artifacts: ['operator:f32', 'operator:q8_0', 'operator:q4_0'] } },
  { operation: 'deploy', input: { artifact: 'operator:q4_0', target: 'local', name: 'operator' } },
  { operation: 'benchmark', input: { model: 'operator' } },
] as const;

/** A stage whose worker keeps dying is a fault to report, not to repeat for ever. */
const mostAttempts = 30;

const keyOf = (operation: string): string => `sample/${operation}`;

/** Runs the sample life stage by stage as jobs of its own keys, so that it goes on where the last start ended. */
export class SampleLife {
  private readonly services: Services;
  private readonly url: string;

  constructor(services: Services, url: string) {
    this.services = services;
    this.url = url;
  }

  /** An empty registry, or a sample life that has begun and not ended. A cancelled one stays cancelled. */
  isDue(): boolean {
    const jobs = this.jobs();
    if (jobs.some((job) => job?.state === 'cancelled')) return false;
    return jobs.every((job) => job === undefined)
      ? this.services.registry.isEmpty()
      : jobs.some((job) => job?.state !== 'succeeded');
  }

  /** Returns early when `signal` fires: the stage at work has then been saved as interrupted. */
  async run(signal: AbortSignal): Promise<void> {
    writeResult(
      `${pc.dim('The life of a small model, from plan to measurement. It stays in')} ${this.services.home.root}\n`,
    );
    for (const { operation, input } of stages) {
      const job = await this.stage(operation, input, signal);
      if (signal.aborted) return;
      if (job.state !== 'succeeded') {
        throw new FtsError('internal', `The stage ${operation} ended as ${job.state}: ${job.error?.message ?? ''}`, {
          remedy: job.error?.remedy ?? `See \`fts jobs show ${job.id}\`, then run \`fts up\` again: it goes on here.`,
        });
      }
    }
    writeResult(`\n${await this.report()}\n\n${serverUrls(this.url)}\n`);
  }

  /** The table of the finished life, from what its jobs left behind. */
  private async report(): Promise<string> {
    const jobs = this.jobs().filter((job) => job !== undefined);
    const results = sampleResultsSchema.parse(
      Object.fromEntries(jobs.map(({ operation, result }) => [operation, result])),
    );
    const { run } = z.object({ run: z.string() }).parse(jobs.find(({ operation }) => operation === 'train')?.result);
    const metrics = await readMetrics(join(this.services.registry.run(run).directory, 'metrics.jsonl'));
    const seconds = jobs.reduce(
      (sum, { startedAt, finishedAt }) => sum + (Date.parse(finishedAt!) - Date.parse(startedAt!)) / 1000,
      0,
    );
    return sampleReport(
      results,
      metrics.map(({ loss }) => loss),
      seconds,
    );
  }

  private async stage(name: string, input: Record<string, unknown>, signal: AbortSignal): Promise<Job> {
    const { jobs } = this.services;
    const operation = findOperation(name);
    let job = submitOperation(operation, input, this.services, terminalUser(), { key: keyOf(name) });
    // The worker of a killed server saves its state within a moment; only then can its job be taken up again.
    if (job.state !== 'succeeded' && job.state !== 'running') job = jobs.requeue(job.id);
    const line = new ProgressLine();
    const end = await followJob(jobs, job.id, {
      signal,
      onChange: ({ progress }) => line.update({ ...(progress ?? { done: 0 }), stage: name }),
    });
    line.end();
    const again = end.state === 'interrupted' && !signal.aborted && end.attempts < mostAttempts;
    return again ? this.stage(name, input, signal) : end;
  }

  private jobs(): (Job | undefined)[] {
    return stages.map(({ operation }) => this.services.jobs.findByKey(keyOf(operation)));
  }
}
