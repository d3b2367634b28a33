import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedProperty } from '../../../testing/akamai-simulator/papi.ts';
import { seedProperty } from '../../../testing/akamai-simulator/seed.ts';
import { assistant, openWorkbench, type Workbench } from '../../../testing/akamai-simulator/workbench.ts';
import { accountReader } from '../changes/akamai-reader.ts';
import type { ChangeRequest } from '../changes/change-kind.ts';
import { type ActivationWish, activation, editRules, fallBack, newVersion } from './property-changes.ts';
import { compareVersions, readProperty, readRules } from './property-reads.ts';
import { filterOutline, outlineRules, ruleSchema } from './rule-outline.ts';
import { watchActivation } from './watch-activation.ts';

let bench: Workbench;
let property: SimulatedProperty;
beforeEach(async () => {
  bench = await openWorkbench();
  property = seedProperty(bench.simulator, 'www.example.com', { versions: 2, active: { STAGING: 1, PRODUCTION: 1 } });
});
afterEach(() => bench.close());

const reader = () => accountReader(bench.reads, {});
const reference = () => ({ propertyId: property.id, contractId: property.contractId, groupId: property.groupId });
const carryOut = async (request: ChangeRequest, override = false) => {
  const plan = await bench.plans.plan(request, assistant);
  bench.approve(plan.id, override ? { overrideStaging: true, reason: 'tested elsewhere' } : {});
  return bench.plans.apply(plan.id, assistant);
};
const wish = (version: number, network: 'STAGING' | 'PRODUCTION', more: Partial<ActivationWish> = {}) =>
  activation(
    reference(),
    { version, network, note: 'test', notifyEmails: ['ops@example.com'], acknowledgeWarnings: [], ...more },
    {},
  );
const ttlPath = '/rules/children/0/behaviors/0/options/ttl';

describe('the way of a change through a property', () => {
  it('goes from a new version by an edit to staging, production, and back', async () => {
    await carryOut(await newVersion(reader(), reference(), 1, {}));
    expect(property.versions).toHaveLength(3);

    const edit = await editRules(reader(), reference(), 3, [{ op: 'replace', path: ttlPath, value: '30d' }], {});
    const plan = await bench.plans.plan(edit, assistant);
    expect(plan.description.differences).toEqual([
      { op: 'replace', path: ttlPath, place: 'rules › Static objects › caching › ttl', before: '1d', after: '30d' },
    ]);
    bench.approve(plan.id);
    await bench.plans.apply(plan.id, assistant);
    const { rules } = await compareVersions(reader(), { ...reference(), version: 1 }, { ...reference(), version: 3 });
    expect(rules).toMatchObject([{ before: '1d', after: '30d' }]);

    const undo = await bench.plans.rollback(plan.id, assistant);
    expect(undo.description.differences).toMatchObject([{ before: '30d', after: '1d' }]);

    await carryOut(wish(3, 'STAGING'));
    const live = await bench.plans.plan(wish(3, 'PRODUCTION'), assistant);
    expect(live.description).toMatchObject({
      network: 'PRODUCTION',
      affects: ['property www.example.com (prp_1)', 'hostname www.www.example.com'],
      differences: [{ before: 1, after: 3 }],
      gate: { met: true },
    });
    bench.approve(live.id);
    await bench.plans.apply(live.id, assistant);
    expect(property.active).toEqual({ STAGING: 3, PRODUCTION: 3 });

    const back = await bench.plans.rollback(live.id, assistant);
    expect(back.call.body).toMatchObject({ json: { propertyVersion: 1, useFastFallback: true } });
    expect(() => bench.approve(back.id)).toThrow(/not active on staging/);
    bench.approve(back.id, { overrideStaging: true, reason: 'incident 42' });
    await bench.plans.apply(back.id, assistant);
    expect(property.active.PRODUCTION).toBe(1);
  });

  it('refuses to edit a version that is active', async () => {
    await expect(editRules(reader(), reference(), 1, [], {})).rejects.toThrow(/cannot be edited/);
  });

  it('names the patch operation that does not apply', async () => {
    const patch = [
      { op: 'replace', path: ttlPath, value: '2d' },
      { op: 'remove', path: '/rules/children/7' },
    ];
    await expect(editRules(reader(), reference(), 2, patch, {})).rejects.toMatchObject({ field: 'patch[1]' });
  });

  it('does not apply an edit after somebody else edited', async () => {
    const edit = await editRules(reader(), reference(), 2, [{ op: 'replace', path: ttlPath, value: '9d' }], {});
    const plan = await bench.plans.plan(edit, assistant);
    bench.approve(plan.id);
    property.versions[1]!.rules.comments = 'edited elsewhere';
    await expect(bench.plans.apply(plan.id, assistant)).rejects.toThrow(/moved/);
    await expect(bench.plans.plan(edit, assistant)).rejects.toThrow(/If-Match/);
  });
});

describe('activations', () => {
  it('to production need the same version on staging, or an override with a reason', async () => {
    const plan = await bench.plans.plan(wish(2, 'PRODUCTION'), assistant);
    expect(plan.description.gate).toMatchObject({ met: false });
    for (const given of [{}, { overrideStaging: true }, { reason: 'hurry' }, { overrideStaging: true, reason: ' ' }]) {
      expect(() => bench.approve(plan.id, given)).toThrow(/not active on staging/);
    }
    await expect(bench.plans.apply(plan.id, assistant)).rejects.toThrow(/proposed/);
    bench.approve(plan.id, { overrideStaging: true, reason: 'hot fix' });
    expect(await bench.plans.apply(plan.id, assistant)).toMatchObject({ state: 'applied' });
    expect(bench.audit.list({ limit: 1, action: 'plan.approved' })[0]?.details).toMatchObject({
      overrideStaging: true,
      reason: 'hot fix',
    });
  });

  it('are refused when staging moved between approval and apply', async () => {
    await carryOut(wish(2, 'STAGING'));
    const plan = await bench.plans.plan(wish(2, 'PRODUCTION'), assistant);
    bench.approve(plan.id);
    property.active.STAGING = 1;
    await expect(bench.plans.apply(plan.id, assistant)).rejects.toThrow(/stagingVersion/);
    expect(property.active.PRODUCTION).toBe(1);
  });

  it('acknowledge warnings one by one, never all at once', async () => {
    property.warnings.push({ messageId: 'msg_1', title: 'Origin', detail: 'Origin is not reachable' });
    await expect(carryOut(wish(2, 'STAGING'))).rejects.toMatchObject({
      message: expect.stringMatching(/must be acknowledged — msg_1: Origin is not reachable/),
      remedy: expect.stringMatching(/acknowledge each/),
    });
    const [failed] = bench.plans.list({ limit: 1 });
    expect(failed).toMatchObject({ state: 'failed', outcome: { body: { warnings: [{ messageId: 'msg_1' }] } } });
    expect(await carryOut(wish(2, 'STAGING', { acknowledgeWarnings: ['msg_1'] }))).toMatchObject({ state: 'applied' });
    const all = wish(1, 'STAGING');
    await expect(
      bench.plans.plan({ ...all, body: { ...(all.body as object), acknowledgeAllWarnings: true } }, assistant),
    ).rejects.toThrow(/one by one/);
  });

  it('through bulk or unknown ways to production need an override too', async () => {
    const plan = await bench.plans.plan(
      {
        api: 'papi-v1',
        operationId: 'post-bulk-activations',
        query: { contractId: 'ctr_C-1', groupId: 'grp_1' },
        body: {
          defaultActivationSettings: { notifyEmails: ['a@example.com'], acknowledgeAllWarnings: false },
          activatePropertyVersions: [{ propertyId: property.id, propertyVersion: 2, network: 'PRODUCTION', note: 'x' }],
        },
      },
      assistant,
    );
    expect(() => bench.approve(plan.id)).toThrow(/cannot be told/);
  });

  it('are watched to their end, and cancelled while pending', async () => {
    bench.simulator.papi.activationPolls = 3;
    await carryOut(wish(2, 'STAGING'));
    const pending = await fallBack(reader(), reference(), 'STAGING', { note: 'x', notifyEmails: [] }, {});
    expect(pending.operationId).toBe('delete-property-activation');
    const notes: (string | undefined)[] = [];
    const work = { report: ({ note }: { note?: string }) => notes.push(note), signal: new AbortController().signal };
    const done = await watchActivation(reader(), reference(), 'atv_1', work, 0.01);
    expect(done.status).toBe('ACTIVE');
    expect(notes).toEqual(['PENDING', 'PENDING', 'ACTIVE']);

    const back = await fallBack(reader(), reference(), 'STAGING', { note: 'x', notifyEmails: ['a@example.com'] }, {});
    expect(back.body).toMatchObject({ propertyVersion: 1, useFastFallback: true });
  });

  it('are found by reading when the answer was lost', async () => {
    bench.simulator.faults.push({ method: 'POST', kind: 'hang-up-after', times: 1 });
    expect(await carryOut(wish(2, 'STAGING'))).toMatchObject({ state: 'applied', outcome: { status: null } });
    expect(property.activations).toHaveLength(1);
  });
});

describe('reading', () => {
  it('outlines a rule tree and finds rules by words', async () => {
    const tree = await readRules(reader(), reference(), 2);
    const outline = outlineRules(ruleSchema.parse(tree.rules));
    expect(outline.map((entry) => entry.rule)).toEqual(['default', 'default › Static objects']);
    expect(filterOutline(outline, 'caching max_age')).toMatchObject([
      { pointer: '/rules/children/0', behaviors: ['caching (behavior=MAX_AGE, ttl=2d)'] },
    ]);
  });

  it('reports the present versions', async () => {
    expect(await readProperty(reader(), reference())).toMatchObject({
      latestVersion: 2,
      stagingVersion: 1,
      productionVersion: 1,
    });
  });
});
