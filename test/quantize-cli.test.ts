import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openServices } from '../src/services/open-services.ts';
import { runFts, spawnFts } from '../testing/fts-process.ts';
import { tinyLlama, writeRandomModel } from '../testing/models/random-model.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

const words =
  'purge the cache of www.example.com on staging and activate version 12 of the property in production'.split(' ');
/** Text for calibration and evaluation, the same every time. */
const text = Array.from({ length: 1500 }, (_, i) => words[(Math.imul(i, 2654435761) >>> 8) % words.length]).join(' ');
const quick = ['--samples', '8', '--sample-tokens', '64'];

/** A home with a registered model `tiny` of random weights, whose file `damage` may have touched. */
async function homeWithModel(damage: (folder: string) => void = () => {}): Promise<{ home: string; folder: string }> {
  const home = temporaryHome();
  const folder = join(home, 'models', 'tiny');
  const { arrays } = await writeRandomModel(folder, { ...tinyLlama, layers: 3 });
  const services = openServices({ FTS_HOME: home }, {});
  const parameters = [...arrays.values()].reduce((sum, { length }) => sum + length, 0);
  services.registry.saveModel({
    name: 'tiny',
    directory: folder,
    family: 'llama',
    parameters,
    parent: null,
    run: null,
  });
  services.database.close();
  damage(folder);
  writeFileSync(join(home, 'text.txt'), text);
  return { home, folder };
}

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function patchFirstWeight(folder: string, value: number): void {
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  bytes.writeFloatLE(value, 8 + Number(bytes.readBigUInt64LE(0)));
  writeFileSync(path, bytes);
}

describe('what cannot be quantized says so, and the source stays as it was', { timeout: 300_000 }, () => {
  const nothing = (): void => {};
  it.each([
    ['NaN in the weights', ['--method', 'rtn'], (f: string) => patchFirstWeight(f, Number.NaN), 2, /NaN at position 0/],
    ['Infinity, in a plain export', ['--formats', 'f16'], (f: string) => patchFirstWeight(f, Infinity), 2, /Infinity/],
    ['an empty calibration file', ['--calibration', 'empty.txt'], nothing, 2, /calibration text is empty/],
    ['no calibration file', ['--calibration', 'missing.txt'], nothing, 3, /no calibration file/],
    ['a width that groups do not divide', ['--method', 'rtn', '--group-size', '128'], nothing, 2, /groupSize|128/],
    ['8 bits in a file of 4', ['--bits', '8', '--formats', 'q4_0'], nothing, 2, /holds 4 bits/],
    [
      'an unknown architecture',
      ['--method', 'rtn'],
      (f: string) => {
        const path = join(f, 'config.json');
        const config = { ...JSON.parse(readFileSync(path, 'utf8')), model_type: 'mamba', architectures: ['Mamba'] };
        writeFileSync(path, JSON.stringify(config));
      },
      2,
      /mamba/,
    ],
    [
      'a truncated file',
      ['--method', 'rtn'],
      (f: string) => truncateSync(join(f, 'model.safetensors'), 3000),
      5,
      /safetensors/,
    ],
  ] as const)('%s', async (_, flags, damage, code, message) => {
    const { home, folder } = await homeWithModel(damage);
    writeFileSync(join(home, 'empty.txt'), '');
    const before = digest(join(folder, 'model.safetensors'));
    const files = readdirSync(folder);
    const named = flags.map((flag) => (flag.endsWith('.txt') ? join(home, flag) : flag));
    const { stderr, ...end } = await runFts(['quantize', 'tiny', '--replace', ...named], home);
    expect({ ...end, stderr }).toMatchObject({ code, stderr: expect.stringMatching(message) });
    expect(stderr).toContain('→');
    expect(digest(join(folder, 'model.safetensors'))).toBe(before);
    expect(readdirSync(folder)).toEqual(files);
  });
});

it('chooses by held-out text within the budget and records why', { timeout: 300_000 }, async () => {
  const { home, folder } = await homeWithModel();
  const flags = ['--method', 'auto', '--calibration', join(home, 'text.txt'), '--budget', '4.7', '--json', ...quick];
  const { code, stdout, stderr } = await runFts(['quantize', 'tiny', '--replace', ...flags], home);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { artifacts, reason } = JSON.parse(stdout);
  expect(reason).toMatch(
    /^(rtn|gptq|awq) 4-bit diverges least .* held-out tokens: KL .* at 4\.\d\d bits per weight \(.*\)\.$/,
  );
  const safetensors = artifacts.find(({ format }: { format: string }) => format === 'gptq');
  const provenance = JSON.parse(readFileSync(join(safetensors.path, 'fts.json'), 'utf8'));
  expect(provenance.settings).toMatchObject({ reason, method: reason.split(' ')[0] });
  // Tables of 8 bits are beyond the budget: a fifth of this model is its table.
  expect(provenance.settings.embeddingBits ?? 4).toBe(4);
  const refused = await runFts(['quantize', 'tiny', '--replace', ...flags.with(5, '3.9')], home);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('Allow at least 4.') });
  expect(existsSync(join(folder, 'model.safetensors'))).toBe(true);
});

it('calibrates on what the model itself writes, the same every time', { timeout: 300_000 }, async () => {
  const { home } = await homeWithModel();
  const once = async (): Promise<string[]> => {
    const { code, stdout, stderr } = await runFts(
      ['quantize', 'tiny', '--replace', '--calibration', 'self', '--json'],
      home,
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return JSON.parse(stdout).artifacts.map(({ path }: { path: string }) =>
      digest(path.endsWith('.gguf') ? path : join(path, 'model.safetensors')),
    );
  };
  expect(await once()).toEqual(await once());
});

it('goes on at its layer after kill -9, to the same bytes', { timeout: 300_000 }, async () => {
  const [whole, killed] = [await homeWithModel(), await homeWithModel()];
  const args = ({ home }: { home: string }): string[] => [
    ...['quantize', 'tiny', '--replace', '--formats', 'q4_0', 'gptq'],
    ...['--calibration', join(home, 'text.txt'), ...quick],
  ];
  expect(await runFts(args(whole), whole.home)).toMatchObject({ code: 0 });
  const half = join(killed.folder, '.gptq-gptq-symmetric.quantizing');
  const child = spawnFts(args(killed), killed.home);
  const exited = once(child, 'exit');
  while (!existsSync(join(half, 'block-0.safetensors')) && child.exitCode === null) await delay(2);
  child.kill('SIGKILL');
  await exited;
  expect(existsSync(join(killed.folder, 'gptq-gptq-symmetric'))).toBe(false);
  const services = openServices({ FTS_HOME: killed.home }, {});
  services.jobs.settleDeadJobs();
  const [job] = services.jobs.list({ limit: 1 });
  services.database.close();
  expect(job).toMatchObject({ operation: 'quantize', state: 'interrupted' });
  const resumed = await runFts(['jobs', 'resume', job!.id], killed.home);
  expect(resumed).toMatchObject({ code: 0 });
  for (const file of ['tiny-q4_0.gguf', 'model.safetensors']) {
    const of = ({ folder }: { folder: string }): string => digest(join(folder, 'gptq-gptq-symmetric', file));
    expect(of(killed), file).toBe(of(whole));
  }
  expect(existsSync(half)).toBe(false);
});

it('compares a model with its files in every layout: one table and a plot', { timeout: 300_000 }, async () => {
  const { home, folder } = await homeWithModel();
  const data = join(home, 'text.txt');
  for (const flags of [
    ['--formats', 'q8_0', 'q4_0', 'gptq'],
    ['--formats', 'awq', '--method', 'awq'],
    ['--formats', 'compressed-tensors', '--bits', '8'],
  ]) {
    const made = await runFts(['quantize', 'tiny', '--replace', ...flags, '--calibration', data, ...quick], home);
    expect(made).toMatchObject({ code: 0 });
  }
  const names = ['tiny', 'tiny:q8_0', 'tiny:q4_0', 'tiny:gptq', 'tiny:awq', 'tiny:compressed-tensors'];
  const { code, stdout, stderr } = await runFts(['evaluate', ...names, '--data', data, '--json'], home);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { rows, plot } = JSON.parse(stdout);
  const [, q8, q4, gptq, awq, int8] = rows;
  for (const row of rows.slice(1)) {
    expect(row.layerErrors).toHaveLength(4);
    expect(row.meanKlDivergence).toBeGreaterThan(0);
  }
  for (const eight of [q8, int8]) expect(eight.meanKlDivergence).toBeLessThan(q4.meanKlDivergence / 20);
  // The safetensors file has the same codes, and in its tables the same rounded numbers, written in F16.
  expect(gptq.meanKlDivergence / q4.meanKlDivergence).toBeCloseTo(1, 2);
  for (const [layer, error] of q4.layerErrors.entries()) expect(gptq.layerErrors[layer] / error).toBeCloseTo(1, 2);
  expect(awq.topOneAgreement).toBeGreaterThan(0.5);
  const svg = readFileSync(plot, 'utf8');
  for (const name of names.slice(1)) expect(svg).toContain(`>${name}</text>`);
  const file = join(folder, 'gptq-gptq-symmetric', 'tiny-q4_0.gguf');
  const table = await runFts(['evaluate', folder, file, '--data', data], home);
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/model .*perplexity .*mean KL .*top-1 equal/) });
});
