import { describe, expect, it } from 'vitest';
import { largestLoad } from '../fleet/capacity.ts';
import { fleetSensitivity, planFleet } from '../fleet/fleet.ts';
import { loadMachines } from '../machines/machine-catalogue.ts';
import { publishedModels } from '../shapes/published-models.ts';
import { decodeStepSeconds, prefillSeconds, speedModel } from '../time/forward-time.ts';
import { simulateServing } from './simulate-serving.ts';
import { generateRequests, type Workload } from './workload.ts';

const machines = await loadMachines('/nonexistent');
const model = speedModel(publishedModels['meta-llama/Llama-3.1-8B']!, 'BF16', 'f16', machines.get('h100')!);
const policy = { maxRunning: 64, cacheTokens: 300_000, chunkTokens: 512 };
const slo = { ttftSeconds: 0.5, tpotSeconds: 0.05 };
const workload: Workload = {
  requestsPerSecond: 10,
  promptTokens: 512,
  completionTokens: 128,
  lengthSpread: 0.8,
  contextTokens: 4096,
};

describe('one request alone', () => {
  const one = [{ arrivalSeconds: 3, promptTokens: 1200, completionTokens: 50 }];
  const result = simulateServing(model, policy, one, slo);
  it('waits for its prefill and no longer', () => {
    expect(result.ttftSeconds.p50).toBeCloseTo(prefillSeconds(model, 1200, 512), 9);
  });
  it('then takes a decode step for each further token', () => {
    let seconds = 0;
    for (let context = 1200; context < 1249; context++) seconds += decodeStepSeconds(model, 1, context);
    expect(result.e2eSeconds.p50 - result.ttftSeconds.p50).toBeCloseTo(seconds, 6);
  });
});

it('prefills long prompts together in a unified cache, and one after the other with streams', () => {
  const two = [200, 200].map((promptTokens) => ({ arrivalSeconds: 0, promptTokens, completionTokens: 20 }));
  const each = prefillSeconds(model, 200, 512);
  const together = simulateServing(model, policy, two, slo).ttftSeconds;
  expect(together.p50).toBeCloseTo(together.p99, 9);
  const apart = simulateServing(model, { ...policy, kvLayout: 'streams' }, two, slo).ttftSeconds;
  expect(apart.p50).toBeCloseTo(each, 9);
  expect(apart.p99).toBeCloseTo(2 * each, 9);
});

it('with streams runs decoding sequences before a prompt, in a separate pass', () => {
  const first = { arrivalSeconds: 0, promptTokens: 100, completionTokens: 40 };
  const begun = prefillSeconds(model, 100, 512);
  const second = { arrivalSeconds: begun, promptTokens: 300, completionTokens: 2 };
  const { ttftSeconds } = simulateServing(model, { ...policy, kvLayout: 'streams' }, [first, second], slo);
  expect(ttftSeconds.p99).toBeCloseTo(decodeStepSeconds(model, 1, 100) + prefillSeconds(model, 300, 512), 9);
});

it('answers every request and every token', () => {
  const requests = [...generateRequests(workload, 5000, 7)];
  const tokens = requests.reduce((sum, request) => sum + request.completionTokens, 0);
  for (const kvLayout of ['unified', 'streams'] as const) {
    const result = simulateServing(model, { ...policy, kvLayout }, requests, slo);
    expect(result.requests).toBe(5000);
    expect(result.completionTokensPerSecond * result.seconds).toBeCloseTo(tokens, 3);
    expect(result.utilization).toBeLessThanOrEqual(1);
  }
});

it('keeps Little’s law: the mean batch is the arrival rate times the time in the batch', () => {
  const result = simulateServing(model, policy, generateRequests(workload, 20_000, 1), slo);
  const inBatch = result.e2eSeconds.mean * result.requestsPerSecond;
  expect((result.meanBatch * result.utilization) / inBatch).toBeGreaterThan(0.95);
  expect((result.meanBatch * result.utilization) / inBatch).toBeLessThan(1.05);
});

it('slows down as the load grows, and queues beyond its capacity', () => {
  const at = (requestsPerSecond: number) =>
    simulateServing(model, policy, generateRequests({ ...workload, requestsPerSecond }, 3000, 2), slo);
  const [light, heavy, over] = [at(1), at(20), at(200)];
  expect(heavy!.tpotSeconds.p50).toBeGreaterThan(light!.tpotSeconds.p50);
  expect(over!.ttftSeconds.p95).toBeGreaterThan(1);
  expect(over!.requestsPerSecond).toBeLessThan(150);
  expect(over!.meanBatch).toBeGreaterThan(50);
});

it('is the same for the same seed and refuses a request that never fits', () => {
  const run = () => simulateServing(model, policy, generateRequests(workload, 500, 3), slo);
  expect(run()).toEqual(run());
  expect(() => simulateServing(model, { ...policy, cacheTokens: 10 }, generateRequests(workload, 1, 3), slo)).toThrow(
    /never fits/,
  );
});

it('simulates as many requests as asked, without keeping them', () => {
  const requests = generateRequests({ ...workload, requestsPerSecond: 20 }, 100_000, 5);
  expect(simulateServing(model, policy, requests, slo).requests).toBe(100_000);
});

it('finds the highest load that meets the targets', () => {
  const { requestsPerSecond, at } = largestLoad(model, policy, workload, slo, {
    attainment: 0.95,
    requestsPerRun: 3000,
    seed: 4,
  });
  expect(at.attainment).toBeGreaterThanOrEqual(0.95);
  const more = generateRequests({ ...workload, requestsPerSecond: requestsPerSecond * 1.1 }, 3000, 4);
  expect(simulateServing(model, policy, more, slo).attainment).toBeLessThan(0.95);
  const impossible = largestLoad(
    model,
    policy,
    workload,
    { ...slo, ttftSeconds: 1e-4 },
    {
      attainment: 0.95,
      requestsPerRun: 200,
      seed: 4,
    },
  );
  expect(impossible.requestsPerSecond).toBe(0);
});

describe('a fleet', () => {
  const traffic = { users: 5e6, queriesPerUserPerDay: 4, sites: 200, siteSkew: 1, peakToAverage: 2 };
  const rules = { replicaRequestsPerSecond: 10, targetUtilization: 0.7, leastPerSite: 2, usdPerReplicaHour: 3 };
  it('is sized site by site for the busiest hour', () => {
    const fleet = planFleet(traffic, rules);
    expect(fleet.peakRequestsPerSecond).toBeCloseTo((5e6 * 4 * 2) / 86_400, 6);
    expect(fleet.replicasCentral).toBe(Math.ceil(fleet.peakRequestsPerSecond / 7));
    expect(fleet.replicas).toBeGreaterThanOrEqual(400);
    expect(fleet.usdPerMonth).toBeCloseTo(fleet.replicas * 3 * 730.5);
  });
  it('has one answer for equal sites', () => {
    const fleet = planFleet({ ...traffic, siteSkew: 0, sites: 10 }, rules);
    expect(fleet.replicas).toBe(10 * Math.ceil(fleet.peakRequestsPerSecond / 10 / 7));
  });
  it('follows a load curve by the hour, and costs only the running replicas', () => {
    const curve = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1 : 3));
    const fleet = planFleet({ ...traffic, sites: 1, curve }, { ...rules, leastPerSite: 1 });
    expect(fleet.peakRequestsPerSecond).toBeCloseTo((5e6 * 4 * 1.5) / 86_400, 6);
    const { replicas, usdPerMonth } = fleet.hourly!;
    expect(replicas[23]).toBe(fleet.replicas);
    expect(replicas[0]).toBe(Math.ceil(fleet.peakRequestsPerSecond / 3 / 7));
    expect(usdPerMonth).toBeCloseTo(((replicas[0]! + replicas[23]!) / 2) * 3 * 730.5);
    expect(planFleet(traffic, rules).hourly).toBeNull();
  });
  it('shows which input matters most', () => {
    const [first, ...rest] = fleetSensitivity({ ...traffic, sites: 10 }, rules);
    expect(['targetUtilization', 'replicaRequestsPerSecond']).toContain(first!.input);
    expect(first!.lower).toBeGreaterThan(first!.higher);
    expect(rest.find(({ input }) => input === 'users')!.higher).toBeGreaterThan(
      rest.find(({ input }) => input === 'users')!.lower,
    );
  });
});
