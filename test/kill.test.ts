import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Job } from '../src/jobs/job.ts';
import { GgufReader } from '../src/model/gguf/gguf-reader.ts';
import { openModelDirectory } from '../src/model/model-directory.ts';
import { openServices } from '../src/services/open-services.ts';
import { runFts, spawnFts } from '../testing/fts-process.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

/** More with `FTS_KILLS=20 npx vitest run test/kill.test.ts`; the moments are drawn anew in every run. */
const kills = Number(process.env.FTS_KILLS ?? 4);

/** `kill -9` after a random part of the time that the command takes. */
async function killSomewhere(args: string[], home: string, longestMilliseconds: number): Promise<void> {
  const child = spawnFts(args, home);
  const exited = once(child, 'exit');
  await delay(Math.random() * longestMilliseconds);
  child.kill('SIGKILL');
  await exited;
}

/** The registry opens, what it names is whole, and no job is taken for alive. */
async function checkHome(home: string): Promise<Job[]> {
  const services = openServices({ FTS_HOME: home }, {});
  try {
    services.jobs.settleDeadJobs();
    for (const { directory } of services.registry.models()) await (await openModelDirectory(directory)).close();
    for (const { path } of services.registry.artifacts()) await (await GgufReader.open(path)).close();
    const jobs = services.jobs.list({ limit: 200 });
    expect(jobs.filter(({ state }) => state === 'running')).toEqual([]);
    return jobs;
  } finally {
    services.database.close();
  }
}

it(`goes on after ${kills} kills during training and loses nothing`, {
  timeout: kills * 30_000 + 120_000,
}, async () => {
  const home = temporaryHome();
  await killSomewhere(['train', 'operator', '--name', 'tiny', '--steps', '12'], home, 6000);
  for (let kill = 1; kill < kills; kill++) {
    const [job] = await checkHome(home);
    if (job === undefined || job.state === 'succeeded') break;
    expect(['queued', 'interrupted']).toContain(job.state);
    await killSomewhere(['jobs', 'resume', job.id], home, 6000);
  }
  const [job] = await checkHome(home);
  const end = await runFts(
    job === undefined ? ['train', 'operator', '--name', 'tiny', '--steps', '12'] : ['jobs', 'resume', job.id],
    home,
  );
  expect(end).toMatchObject({ code: 0 });
  expect((await checkHome(home))[0]).toMatchObject({ state: 'succeeded', result: { steps: 12 } });

  for (let kill = 0; kill < kills; kill++) {
    await killSomewhere(['quantize', 'tiny', '--formats', 'q8_0', 'q4_0', '--method', 'rtn', '--replace'], home, 3000);
    await checkHome(home);
  }
  const quantized = await runFts(
    ['quantize', 'tiny', '--formats', 'q8_0', 'q4_0', '--method', 'rtn', '--replace'],
    home,
  );
  expect(quantized).toMatchObject({ code: 0 });
  const jobs = await checkHome(home);
  expect(jobs[0]).toMatchObject({ operation: 'quantize', state: 'succeeded' });
});
