import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryBarText } from '../answer/memory-bar.ts';
import { memoryBarsSvg } from '../answer/memory-bar-svg.ts';
import { breakEven, tokenCost, usualOwnership } from '../fleet/cost.ts';
import { compareCosts } from '../fleet/rent-or-buy.ts';
import { parseVariation, settingsOf } from '../fleet/what-if.ts';
import type { Machine } from '../machines/machine.ts';
import { loadMachines } from '../machines/machine-catalogue.ts';
import { countParameters } from '../shapes/model-shape.ts';
import { publishedModels } from '../shapes/published-models.ts';
import { resolveShape, typicalShape } from '../shapes/resolve-shape.ts';
import { compareServing } from './compare-serving.ts';
import { cacheBytesPerToken } from './inference-memory.ts';
import { planServing } from './plan-serving.ts';

const llama8b = publishedModels['meta-llama/Llama-3.1-8B']!;
const llama70b = publishedModels['meta-llama/Llama-3.1-70B']!;

let home: string;
let machines: Map<string, Machine>;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'planning-'));
  machines = await loadMachines(home);
});
afterAll(() => rm(home, { recursive: true, force: true }));

const request = (format: 'Q4_0' | 'BF16' | 'FP32', sequences = 1) => ({
  shape: llama8b,
  load: { format, cacheType: 'f16', contextTokens: 8192, sequences, prefillTokens: 512 } as const,
  promptTokens: 1024,
  completionTokens: 256,
});

it('divides the KV cache by the group of query heads', () => {
  expect(cacheBytesPerToken(llama8b, 'f16')).toBe(2 * 32 * 8 * 128 * 2);
  expect(cacheBytesPerToken(llama70b, 'f16') * 8192).toBe(2_684_354_560);
  expect(cacheBytesPerToken(llama8b, 'q8_0')).toBe(2 * 32 * 8 * 128 * (34 / 32));
});

describe('decoding is bound by bandwidth, prefill by arithmetic', () => {
  it('reads every streamed weight once for a token', () => {
    const plan = planServing({ ...request('BF16'), machine: machines.get('h100')! });
    const roofline = (3.35e12 * 0.7) / (16.06e9 - 1.05e9);
    expect(plan.tokensPerSecondAlone).toBeGreaterThan(0.7 * roofline);
    expect(plan.tokensPerSecondAlone).toBeLessThan(roofline);
  });
  it('gains from batching until the arithmetic is reached', () => {
    const rates = [1, 8, 64].map(
      (sequences) =>
        planServing({ ...request('BF16', sequences), machine: machines.get('h100')! }).tokensPerSecondBatched,
    );
    expect(rates[1]! / rates[0]!).toBeGreaterThan(5);
    expect(rates[2]!).toBeGreaterThan(2000);
  });
});

it('says by how much a model does not fit', () => {
  const plan = planServing({
    ...request('FP32'),
    shape: llama70b,
    machine: machines.get('h100')!,
  });
  expect(plan.fits).toBe(false);
  expect(plan.headroomBytes / 1e9).toBeCloseTo(76 - 282.2 - 2.7 - 0.7, -1);
});

it('splits a model over the devices of one machine if one does not hold it', () => {
  const plan = planServing({ ...request('BF16'), shape: llama70b, machine: machines.get('h100x8')! });
  expect(plan.fits).toBe(true);
  expect(plan.devices).toBe(2);
  expect(plan.replicas).toBe(4);
});

it('prices tokens by the machine’s time', () => {
  const cost = tokenCost(
    3.6,
    { prefillTokensPerSecond: 1000, decodeTokensPerSecond: 100 },
    { promptTokens: 1000, completionTokens: 100 },
    1,
  );
  expect(cost.perMillionIn).toBeCloseTo(1);
  expect(cost.perMillionOut).toBeCloseTo(10);
  expect(cost.perQuery).toBeCloseTo(0.002);
});

it('breaks even when the savings per query, minus power, equal the purchase price', () => {
  const machine = machines.get('mac-mini-m4')!;
  const load = { usdPerQuery: 0.01, queriesPerDay: 1000, secondsPerQuery: 10 };
  const result = breakEven(machine, load, usualOwnership)!;
  const power = (0.065 * 1.2 * 0.15 * 10) / 3600;
  expect(result.queries).toBe(Math.ceil(599 / (0.01 - power)));
  expect(result.weeks).toBeCloseTo(result.queries! / 7000);
  expect(breakEven(machine, { ...load, usdPerQuery: power / 2 }, usualOwnership)!.queries).toBeNull();
});

it('computes after how many queries each purchase has paid off compared with the cheapest rent', () => {
  const chosen = ['mac-mini-m4', 'akamai-rtx4000-ada-x1-small', 'l4'].map((id) => machines.get(id)!);
  const { rows, otherwise } = compareCosts(request('Q4_0'), chosen, { queriesPerDay: 1000 }, usualOwnership);
  const [mac, ada] = rows;
  expect(otherwise!.from).toBe('akamai-rtx4000-ada-x1-small');
  expect(otherwise!.usdPerQuery).toBe(ada!.usdPerQuery);
  expect(ada!.breakEven).toBeNull();
  expect(mac!.breakEven!.queries).toBe(Math.ceil(599 / (otherwise!.usdPerQuery - mac!.powerUsdPerQuery)));
  const given = compareCosts(request('Q4_0'), chosen, { queriesPerDay: 1000, usdPerQuery: 1 }, usualOwnership);
  expect(given.rows[0]!.breakEven!.queries).toBe(600);
});

it('recommends the cheapest machine that is fast enough, with reasons, and varies the plan there', () => {
  const chosen = ['raspberry-pi-5', 'akamai-rtx4000-ada-x1-small', 'h100'].map((id) => machines.get(id)!);
  const answer = compareServing(request('Q4_0'), chosen, { ttftSeconds: 0.5, tokensPerSecond: 10 }, [
    parseVariation('bits=4,32'),
  ]);
  expect(answer.recommended!.machine).toBe('akamai-rtx4000-ada-x1-small');
  expect(answer.recommended!.reasons.join()).toMatch(/to spare.*First token after.*cheapest/);
  expect(answer.whatIf.map(({ setting, fits }) => [setting, fits])).toEqual([
    ['bits=Q4_K_M', true],
    ['bits=FP32', false],
  ]);
});

it('takes the user’s own machines, and refuses a wrong one by field', async () => {
  const mine = { ...machines.get('l4')!, id: 'my-box', name: 'My box' };
  await writeFile(join(home, 'machines.json'), JSON.stringify([mine]));
  expect((await loadMachines(home)).get('my-box')?.name).toBe('My box');
  await writeFile(join(home, 'machines.json'), JSON.stringify([{ ...mine, memoryBytes: -1 }]));
  await expect(loadMachines(home)).rejects.toMatchObject({ kind: 'invalid-input', field: '0.memoryBytes' });
  await rm(join(home, 'machines.json'));
});

it('names a source and a date for every figure of the catalogue, and a document if the figure is verified', () => {
  for (const machine of machines.values()) {
    expect(machine.source.text.length).toBeGreaterThan(5);
    for (const source of [machine.source, ...machine.prices.map((price) => price.source)]) {
      expect(source.date, machine.id).toMatch(/^\d{4}-\d\d-\d\d$/);
      if (source.verified) expect(source.url, machine.id).toBeDefined();
    }
  }
  for (const id of ['h100', 'h200', 'a100', 'l4', 'l40s', 'm4-max-128gb', 'raspberry-pi-5', 'iphone-16-pro']) {
    expect(machines.has(id)).toBe(true);
  }
});

describe('naming a model', () => {
  const sources = {
    modelDirectory: () => undefined,
    file: (name: string) => (existsSync(name) ? name : undefined),
    fetchText: async () =>
      JSON.stringify({
        model_type: 'gpt2',
        vocab_size: 50257,
        n_embd: 768,
        n_layer: 12,
        n_head: 12,
        n_positions: 1024,
      }),
    signal: new AbortController().signal,
  };
  it('takes a published name without its owner', async () => {
    expect((await resolveShape('llama-3.1-8b', sources)).shape).toBe(llama8b);
  });
  it('takes a config.json', async () => {
    const path = join(home, 'config.json');
    await writeFile(path, await sources.fetchText());
    expect(countParameters((await resolveShape(path, sources)).shape).total).toBe(124_439_808);
  });
  it('asks Hugging Face for any other id', async () => {
    const resolved = await resolveShape('someone/model', sources);
    expect(resolved.from).toBe('Hugging Face');
    expect(countParameters(resolved.shape).total).toBe(124_439_808);
  });
  it.each([1e6, 1e8, 1e9, 8e9, 70e9])('makes a shape of about %d parameters from a number', (count) => {
    expect(countParameters(typicalShape(count)).total / count).toBeGreaterThan(0.9);
    expect(countParameters(typicalShape(count)).total / count).toBeLessThan(1.1);
  });
  it('lists the accepted kinds of names if the model is unknown', async () => {
    await expect(resolveShape('nonsense', sources)).rejects.toMatchObject({ kind: 'not-found', field: 'model' });
  });
});

it('reads variations and combines them', () => {
  expect(settingsOf([parseVariation('context=4k,8192'), parseVariation('bits=4,16')])).toEqual([
    { context: 4000, bits: 'Q4_K_M' },
    { context: 4000, bits: 'BF16' },
    { context: 8192, bits: 'Q4_K_M' },
    { context: 8192, bits: 'BF16' },
  ]);
  expect(() => parseVariation('batch=many')).toThrow(/not a variation/);
});

it('draws the part that does not fit to the right of the mark', () => {
  const parts = [
    { label: 'weights', bytes: 60 },
    { label: 'KV cache', bytes: 60 },
  ];
  const [bar] = memoryBarText(parts, 60, 40).split('\n');
  expect(bar).toBe(`${'█'.repeat(20)}│${'▓'.repeat(20)}`);
  const svg = memoryBarsSvg('a < b', [{ label: 'x & y', parts, usableBytes: 60 }]);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('x &amp; y');
  expect(svg).toContain('120 B ✗');
});
