import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../test/temporary-home.ts';
import { FtsError } from '../errors/fts-error.ts';
import { runJob } from './run-job.ts';

const never = new AbortController().signal;

it('runs a job to its result and keeps its latest progress', async () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', { steps: 3 });
  const end = await runJob(
    jobs,
    jobs.claim(id),
    async (job, { report }) => {
      report({ stage: 'train', done: 3, total: 3, unit: 'steps', metrics: { loss: 1.5 } });
      return { steps: job.input.steps };
    },
    { stop: never },
  );
  expect(end).toMatchObject({
    state: 'succeeded',
    result: { steps: 3 },
    attempts: 1,
    progress: { done: 3, metrics: { loss: 1.5 } },
  });
});

it('returns the job of a key instead of a second one', () => {
  const { jobs } = temporaryServices();
  expect(jobs.submit('train', {}, 'sample/train').id).toBe(jobs.submit('train', {}, 'sample/train').id);
});

it('marks a job whose process was stopped as interrupted, and takes it up again', async () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', {});
  const stop = new AbortController();
  const end = await runJob(
    jobs,
    jobs.claim(id),
    (_job, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new FtsError('cancelled', 'Cancelled.')));
        stop.abort();
      }),
    { stop: stop.signal },
  );
  expect(end).toMatchObject({ state: 'interrupted', error: { remedy: `Go on with \`fts jobs resume ${id}\`.` } });
  expect(jobs.requeue(id).state).toBe('queued');
  expect((await runJob(jobs, jobs.claim(id), async () => 'done', { stop: never })).attempts).toBe(2);
});

it('stops a running job when another process asks for it', async () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', {});
  const end = await runJob(
    jobs,
    jobs.claim(id),
    (_job, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new FtsError('cancelled', 'Cancelled.')));
        jobs.requestCancel(id);
      }),
    { stop: never },
  );
  expect(end.state).toBe('cancelled');
});

it('keeps the error of a failed job with its remedy', async () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', {});
  const failure = runJob(
    jobs,
    jobs.claim(id),
    async () => {
      throw new FtsError('invalid-input', 'The file is empty.', { remedy: 'Give it some text.' });
    },
    { stop: never },
  );
  await expect(failure).rejects.toThrow('The file is empty.');
  expect(jobs.get(id)).toMatchObject({
    state: 'failed',
    error: { kind: 'invalid-input', remedy: 'Give it some text.' },
  });
});

it('finds jobs whose process died without a word', () => {
  const { jobs, database } = temporaryServices();
  const { id } = jobs.submit('train', {});
  jobs.claim(id);
  expect(jobs.settleDeadJobs()).toEqual([]);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  database.prepare('UPDATE jobs SET pid = ? WHERE id = ?').run(dead, id);
  expect(jobs.settleDeadJobs().map((job) => job.state)).toEqual(['interrupted']);
});

it('lets only one process have a job', () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', {});
  jobs.claim(id);
  expect(() => jobs.claim(id)).toThrow('is running already');
});

it('keeps who asked and with what rights; a row from before rights were kept has none', () => {
  const { jobs, database } = temporaryServices();
  const caller = { name: 'key:ci', channel: 'http', credential: 'key', scopes: ['read', 'train'] } as const;
  const { id } = jobs.submit('train', {}, undefined, { ...caller, scopes: [...caller.scopes] });
  expect(jobs.get(id).requestedBy).toEqual(caller);
  database.prepare('UPDATE jobs SET requested_by = ? WHERE id = ?').run('{"name":"ana","channel":"terminal"}', id);
  expect(jobs.get(id).requestedBy).toEqual({ name: 'ana', channel: 'terminal', credential: 'none', scopes: [] });
});
