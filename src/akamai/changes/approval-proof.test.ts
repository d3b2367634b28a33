import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assistant, openWorkbench, type Workbench } from '../../../testing/akamai-simulator/workbench.ts';
import { TestApprover } from '../../../testing/approver.ts';
import { temporaryHome } from '../../../testing/temporary-home.ts';
import { type ApprovalProof, proofOf, proofSchema, verifyProof } from './approval-proof.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../../docs/verify-proof.mjs');

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench.close());

async function appliedProof(body: object = { objects: ['https://www.example.com/a'] }): Promise<ApprovalProof> {
  const plan = await bench.plans.plan(
    { api: 'ccu-v3', operationId: 'post-invalidate-url', path: { network: 'staging' }, body },
    assistant,
  );
  const eve = await TestApprover.enrol(bench, { name: 'Eve', by: bench.ana });
  eve.approve(bench.plans, plan.id, { reason: 'release 7' });
  await bench.plans.apply(plan.id, assistant);
  return proofOf(bench.plans.get(plan.id), bench.approvers, bench.audit);
}

/** Verifies as somebody does who has Node and the one page, and nothing of ours. */
async function verifyElsewhere(proof: unknown): Promise<{ holds: boolean; said: string }> {
  const file = join(temporaryHome(), 'proof.json');
  await writeFile(file, JSON.stringify(proof));
  try {
    return { holds: true, said: (await run(process.execPath, [script, file])).stdout };
  } catch (error) {
    return { holds: false, said: (error as { stderr: string }).stderr };
  }
}

/** Every copy of a JSON value in which one leaf is another: a digit, a letter, null. */
function* tampered(value: unknown): Generator<unknown> {
  if (typeof value === 'string') {
    const middle = Math.floor(value.length / 2);
    for (const at of new Set([0, middle, value.length - 1])) {
      const other = value[at] === 'A' ? 'B' : 'A';
      yield value.slice(0, at) + other + value.slice(at + 1);
    }
    yield null;
  } else if (value === null) {
    yield 'x';
  } else if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) {
      for (const changed of tampered(inner)) yield value.with(index, changed);
      yield value.toSpliced(index, 1);
    }
  } else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value as object)) {
      for (const changed of tampered(inner)) yield { ...value, [key]: changed };
    }
  }
}

/** A proof without a row that is neither the decision's nor an enrolment's says less, and what it says still holds. */
const saysLess = (copy: unknown, proof: ApprovalProof): boolean => {
  const left = proof.audit.filter(({ hash }) => !(copy as ApprovalProof).audit.some((row) => row?.hash === hash));
  const isShorter = (copy as ApprovalProof).audit.length < proof.audit.length;
  return isShorter && left.every(({ text }) => !/"action":"(plan.approved|approver)/.test(text));
};

describe('the proof of an approval', () => {
  it('holds for what was signed and sent, by our own verifier and by the published page', async () => {
    const proof = await appliedProof();
    expect(verifyProof(proofSchema.parse(JSON.parse(JSON.stringify(proof))))).toMatchObject({
      decision: 'approve',
      approver: 'Eve',
      calls: [expect.stringContaining('/ccu/v3/invalidate/url/staging')],
    });
    const { holds, said } = await verifyElsewhere(proof);
    expect(said).toMatch(/^HOLDS: Eve decided "approve" on plan-/);
    expect(said).toContain(verifyProof(proof).fingerprint);
    expect(holds).toBe(true);
    expect(proof.bodies[0]).toContain('https://www.example.com/a');
  });

  it('does not hold when any one field of it is another', async () => {
    const proof = await appliedProof();
    const copies = [...tampered(proof)].filter((copy) => !saysLess(copy, proof));
    expect(copies.length).toBeGreaterThan(50);
    for (const copy of copies) {
      const parsed = proofSchema.safeParse(copy);
      if (!parsed.success) continue;
      expect(() => verifyProof(parsed.data), JSON.stringify(copy)).toThrow();
    }
  });

  it('does not hold by the published page either', { timeout: 120_000 }, async () => {
    const proof = await appliedProof();
    const copies = [...tampered(proof)].filter((copy) => !saysLess(copy, proof));
    // One process each, so not all of them.
    for (const copy of copies.filter((_, index) => index % 6 === 0)) {
      expect(await verifyElsewhere(copy), JSON.stringify(copy).slice(0, 200)).toMatchObject({ holds: false });
    }
  });

  it('of a denial says so, and none is given for a plan that nobody signed', async () => {
    const plan = await bench.plans.plan(
      { api: 'ccu-v3', operationId: 'post-invalidate-url', path: { network: 'staging' }, body: { objects: ['a.b/c'] } },
      assistant,
    );
    expect(() => proofOf(bench.plans.get(plan.id), bench.approvers, bench.audit)).toThrow(/no signature/);
    bench.deny(plan.id);
    const proof = proofOf(bench.plans.get(plan.id), bench.approvers, bench.audit);
    expect(verifyProof(proof)).toMatchObject({ decision: 'deny', approver: 'Ana' });
  });

  it('gives no secret of the call away, and still holds', async () => {
    bench.simulator.linode.instances.push({ id: 7, label: 'web' });
    const plan = await bench.plans.plan(
      {
        api: 'linode-v4',
        operationId: 'post-reset-linode-password',
        path: { linodeId: 7 },
        body: { root_pass: 'correct-horse-9!' },
      },
      assistant,
    );
    bench.approve(plan.id);
    const before = proofOf(bench.plans.get(plan.id), bench.approvers, bench.audit);
    bench.deny(plan.id);
    const after = proofOf(bench.plans.get(plan.id), bench.approvers, bench.audit);
    for (const proof of [before, after]) {
      expect(verifyProof(proof).plan).toBe(plan.id);
      expect(JSON.stringify(proof)).not.toMatch(/correct-horse/);
      expect(proof.bodies).toEqual([null]);
    }
  });
});
