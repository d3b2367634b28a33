import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { temporaryHome, temporaryServices } from '../../testing/temporary-home.ts';
import { JobQueue } from './job-queue.ts';
import { runJob } from './run-job.ts';

const never = new AbortController().signal;

/** A worker that runs `script` instead of the program; the job's id is its last argument. */
const worker = (script: string): string[] => [process.execPath, '-e', script];

it('cancels a job whose worker is still starting, and does none of its work', async () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('benchmark', {});
  const queue = new JobQueue(jobs, worker('setTimeout(() => {}, 60_000)'));
  queue.start();
  expect(jobs.get(id).state).toBe('running');
  jobs.requestCancel(id);
  // What the worker does as soon as it is up.
  const execute = vi.fn(async () => 'done');
  const end = await runJob(jobs, jobs.takeOver(id), execute, { stop: never });
  expect(end.state).toBe('cancelled');
  expect(execute).not.toHaveBeenCalled();
  expect(() => jobs.takeOver(id)).toThrow('not waiting for a worker');
  await queue.stop();
  expect(jobs.get(id).state).toBe('cancelled');
});

it('starts a job once, however many queues its home has', async () => {
  const { jobs } = temporaryServices();
  const started = join(temporaryHome(), 'started');
  writeFileSync(started, '');
  const { id } = jobs.submit('benchmark', {});
  const note = `require('node:fs').appendFileSync(${JSON.stringify(started)}, process.argv[1] + '\\n')`;
  const queues = [1, 2, 3].map(() => new JobQueue(jobs, worker(note)));
  for (const queue of queues) queue.start();
  // This worker goes without having taken the job over.
  await vi.waitFor(() => expect(jobs.get(id).state).toBe('failed'), { timeout: 20_000 });
  await Promise.all(queues.map((queue) => queue.stop()));
  expect(jobs.get(id).error?.message).toContain('The worker did not start');
  expect(readFileSync(started, 'utf8')).toBe(`${id}\n`);
});
