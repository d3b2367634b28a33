import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { FtsError } from '../errors/fts-error.ts';
import { runJob } from './run-job.ts';

const never = new AbortController().signal;
const linuxOnly = process.platform === 'linux' ? it : it.skip; // the other systems are asked with `ps`, which shows the same

afterEach(() => vi.useRealTimers());

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
  expect(jobs.submit('train', {}, { key: 'a' }).id).toBe(jobs.submit('train', {}, { key: 'a' }).id);
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
  const { id } = jobs.submit('train', {}, { requestedBy: { ...caller, scopes: [...caller.scopes] } });
  expect(jobs.get(id).requestedBy).toEqual(caller);
  database.prepare('UPDATE jobs SET requested_by = ? WHERE id = ?').run('{"name":"ana","channel":"terminal"}', id);
  expect(jobs.get(id).requestedBy).toEqual({ name: 'ana', channel: 'terminal', credential: 'none', scopes: [] });
});

it('keeps a live job alive when the clock jumps hours forward or back', () => {
  const { jobs } = temporaryServices();
  const { id } = jobs.submit('train', {}, { here: true });
  for (const hours of [10, -10]) {
    vi.useFakeTimers({ now: Date.now() + hours * 3_600_000, toFake: ['Date'] });
    expect(jobs.settleDeadJobs()).toEqual([]);
    expect(() => jobs.claim(id)).toThrow('is running already');
    expect(jobs.requestCancel(id).state).toBe('running');
  }
});

it('runs jobs in the order in which they were asked for, whatever the clock said then', () => {
  const { jobs } = temporaryServices();
  const first = jobs.submit('train', {});
  vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] });
  const second = jobs.submit('train', {});
  expect(jobs.list({ limit: 2 }).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(jobs.claimNext()?.id).toBe(first.id);
});

it('takes a job for dead when its number is another process by now', () => {
  const { jobs, database } = temporaryServices();
  const { id } = jobs.submit('train', {}, { here: true });
  database.prepare("UPDATE jobs SET pid_started = 'another start' WHERE id = ?").run(id);
  expect(jobs.settleDeadJobs().map((job) => job.id)).toEqual(process.platform === 'win32' ? [] : [id]);
});

linuxOnly('shows a stopped process with the remedy, on its job and on those behind it, and can cancel it', async () => {
  const { jobs, database } = temporaryServices();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    const { id } = jobs.submit('train', {}, { here: true });
    database.prepare('UPDATE jobs SET pid = ?, pid_started = NULL WHERE id = ?').run(child.pid, id);
    const behind = jobs.submit('quantize', {});
    expect(jobs.get(id).warning).toBeNull();
    child.kill('SIGSTOP');
    await vi.waitFor(() => expect(jobs.get(id).warning).toContain(`kill -CONT ${child.pid}`));
    expect(jobs.get(behind.id).warning).toContain(`It waits behind job ${id}`);
    expect(jobs.settleDeadJobs()).toEqual([]);
    expect(() => jobs.claim(id)).toThrow('is running already');
    // Continued, so that it can see the wish, save what it has and end.
    jobs.requestCancel(id);
    await vi.waitFor(() => expect(jobs.get(id).warning).toBeNull());
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('lets go of a job that another process has taken up', async () => {
  const { jobs, database } = temporaryServices();
  const { id } = jobs.submit('train', {}, { here: true });
  const work = runJob(
    jobs,
    jobs.get(id),
    (_job, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new FtsError('cancelled', 'Cancelled.')));
        database.prepare('UPDATE jobs SET pid = ? WHERE id = ?').run(process.ppid, id);
      }),
    { stop: never },
  );
  await expect(work).rejects.toThrow("no longer this process's");
  expect(jobs.get(id).state).toBe('running');
});

it('gives a name to one job at a time, and frees it when that job ends or its process dies', () => {
  const { jobs, database } = temporaryServices();
  const writes = ['model:notes'];
  const first = jobs.submit('train', {}, { writes, here: true });
  const second = () => jobs.submit('models.import', {}, { writes: ['model:other', 'model:notes'] });
  expect(second).toThrow(`Job ${first.id} (train, running)`);
  expect(() => jobs.refuseModelInUse('notes')).toThrow(first.id);
  jobs.submit('train', {}, { writes: ['model:notes-2'] });
  jobs.finish(first.id, { state: 'cancelled', error: { kind: 'cancelled', message: '' } });
  const third = jobs.submit('train', {}, { writes });
  expect(() => jobs.claim(first.id)).toThrow(`Job ${third.id} (train, queued)`);
  expect(() => jobs.requeue(first.id)).toThrow(third.id);
  jobs.claim(third.id);
  database.prepare('UPDATE jobs SET pid = 2147483646 WHERE id = ?').run(third.id);
  expect(jobs.claim(first.id).state).toBe('running');
});
