import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assistant, openWorkbench, type Workbench } from '../../../testing/akamai-simulator/workbench.ts';
import { TestApprover } from '../../../testing/approver.ts';
import { followChain, recordText } from '../../approval/approver-record.ts';
import { canonicalJson, digestOf } from '../../store/canonical-json.ts';
import { approvalText, planDigest } from './approval-text.ts';
import type { ChangeRequest } from './change-kind.ts';

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
  bench.simulator.dns.zones.push({
    zone: 'example.com',
    contractId: 'C-1',
    version: 1,
    records: [{ name: 'www.example.com', type: 'A', ttl: 300, rdata: ['192.0.2.1'] }],
  });
});
afterEach(() => bench.close());

const change = (address = '192.0.2.9'): ChangeRequest => ({
  api: 'config-dns-v2',
  operationId: 'put-zones-zone-names-name-types-type',
  path: { zone: 'example.com', name: 'www.example.com', type: 'A' },
  body: { name: 'www.example.com', type: 'A', ttl: 60, rdata: [address] },
});
const proposed = () => bench.plans.plan(change(), assistant);
const approved = async () => bench.approve((await proposed()).id);
const set = (sql: string, ...values: string[]) => bench.database.prepare(sql).run(...values);

/** The plan is not applied, nothing is sent, and the log says that somebody tried. */
async function expectRefused(id: string, message: RegExp): Promise<void> {
  await expect(bench.plans.apply(id, assistant)).rejects.toThrow(message);
  expect(bench.simulator.writes()).toEqual([]);
  expect(bench.audit.list({ limit: 1, subject: id })).toMatchObject([{ action: 'plan.refused', outcome: 'refused' }]);
}

describe('an approval', () => {
  it('is a signature, and a plan that is only called approved is refused', async () => {
    const { id } = await proposed();
    set("UPDATE change_plans SET state = 'approved' WHERE id = ?", id);
    await expectRefused(id, /there is no approval/);
  });

  it('forged in the database together with a rightly hashed audit row is refused', async () => {
    const plan = await proposed();
    const { privateKey } = generateKeyPairSync('ed25519');
    const decided = {
      decision: 'approve' as const,
      approverId: bench.ana.signer.approverId,
      at: new Date().toISOString(),
      overrideStaging: false,
    };
    const row = bench.audit.record({
      actor: 'Ana',
      channel: 'terminal',
      action: 'plan.approved',
      subject: plan.id,
      outcome: 'ok',
      details: { digest: plan.digest, kind: 'signed' },
    });
    const credentialId = bench.approvers.list().approvers[0]!.credentials[0]!.id;
    const signature = sign(null, Buffer.from(approvalText(plan, decided)), privateKey).toString('base64url');
    for (const kind of ['signed', 'client-form', 'unsigned']) {
      const approval = {
        ...decided,
        kind,
        approver: 'Ana',
        channel: 'terminal',
        auditSequence: row.sequence,
        signature: { kind: 'passphrase', credentialId, signature },
      };
      set("UPDATE change_plans SET state = 'approved', approval = ? WHERE id = ?", JSON.stringify(approval), plan.id);
      await expectRefused(plan.id, /does not fit|does not count/);
    }
    expect(bench.audit.verify().intact).toBe(true);
  });

  it.each([
    ['body', "replace(content, '192.0.2.9', '203.0.113.66')"],
    ['expiry', 'replace(content, \'"expiresAt":"20\', \'"expiresAt":"29\')'],
    ['warnings', "json_set(content, '$.description.warnings', json('[\"w\"]'))"],
    ['path', "replace(content, '/zones/example.com/', '/zones/example.net/')"],
    ['account', 'replace(content, \'"account":"default"\', \'"account":"other"\')'],
    ['reason', "json_set(content, '$.reason', 'because')"],
  ])('does not hold for a plan whose %s was edited, with its digest', async (_name, edited) => {
    const plan = await approved();
    set(`UPDATE change_plans SET content = ${edited} WHERE id = ?`, plan.id);
    await expectRefused(plan.id, /changed by hand/);
    const { digest } = bench.plans.get(plan.id);
    expect(digest).toBe(plan.digest);
    set('UPDATE change_plans SET digest = ? WHERE id = ?', planDigest(bench.plans.get(plan.id)), plan.id);
    await expectRefused(plan.id, /changed by hand/);
    expect(bench.plans.alteration(plan.id)).toBeDefined();
  });

  it('does not hold for an edited body, digest and forged log row: the signature is over what was approved', async () => {
    const plan = await approved();
    set("UPDATE change_plans SET content = replace(content, '192.0.2.9', '203.0.113.66') WHERE id = ?", plan.id);
    const content = JSON.parse(
      (bench.database.prepare('SELECT content FROM change_plans').get() as { content: string }).content,
    );
    content.bodies = [{ sha256: digestOf(content.call.body), secret: false }];
    content.shown = content.shown.replaceAll('192.0.2.9', '203.0.113.66');
    const digest = planDigest(content);
    set('UPDATE change_plans SET content = ?, digest = ? WHERE id = ?', JSON.stringify(content), digest, plan.id);
    bench.database.exec('DROP TRIGGER audit_log_no_update');
    set(
      "UPDATE audit_log SET details = json_set(details, '$.digest', ?) WHERE subject = ? AND action = 'plan.created'",
      digest,
      plan.id,
    );
    expect(bench.plans.alteration(plan.id)).toBeUndefined();
    await expectRefused(plan.id, /the signature does not fit/);
  });

  it.each(['approver', 'at', 'reason', 'overrideStaging', 'approverId'])(
    'is refused when its %s was edited',
    async (field) => {
      const plan = await approved();
      const other = await TestApprover.enrol(bench, { name: 'Eve', by: bench.ana });
      const value = { at: new Date().toISOString(), approverId: other.signer.approverId, overrideStaging: true }[field];
      set(
        `UPDATE change_plans SET approval = json_set(approval, '$.${field}', json(?)) WHERE id = ?`,
        JSON.stringify(value ?? 'Eve'),
        plan.id,
      );
      if (field === 'approver') {
        // A name for the eye: who signed is the id, which is under the signature.
        expect(await bench.plans.apply(plan.id, assistant)).toMatchObject({ state: 'applied' });
        return;
      }
      await expectRefused(plan.id, /does not count/);
    },
  );

  it('of one plan is not taken for another, nor one of an earlier plan for its successor', async () => {
    const first = await approved();
    const second = await bench.plans.plan(change('203.0.113.66'), assistant);
    const again = await proposed();
    for (const { id } of [second, again]) {
      set(
        `UPDATE change_plans SET state = 'approved',
           approval = (SELECT approval FROM change_plans WHERE id = '${first.id}') WHERE id = ?`,
        id,
      );
      await expectRefused(id, /does not count/);
    }
  });

  it('counts once: a plan that was applied, denied or expired stays so whatever its state is set to', async () => {
    const applied = await approved();
    await bench.plans.apply(applied.id, assistant);
    bench.simulator.dns.zones[0]!.records[0] = { name: 'www.example.com', type: 'A', ttl: 300, rdata: ['192.0.2.1'] };
    set("UPDATE change_plans SET state = 'approved', outcome = NULL WHERE id = ?", applied.id);
    await expect(bench.plans.apply(applied.id, assistant)).rejects.toThrow(/audit log has it as applied/);
    expect(bench.simulator.writes()).toHaveLength(1);

    const denied = await approved();
    bench.deny(denied.id);
    set("UPDATE change_plans SET state = 'approved', denial = NULL WHERE id = ?", denied.id);
    await expect(bench.plans.apply(denied.id, assistant)).rejects.toThrow(/audit log has it as denied/);
    expect(bench.simulator.writes()).toHaveLength(1);
  });

  it('of an approver who was removed since does not count', async () => {
    const eve = await TestApprover.enrol(bench, { name: 'Eve', by: bench.ana });
    const { id } = await proposed();
    eve.approve(bench.plans, id);
    bench.approvers.remove('Eve', { name: 'tester', channel: 'terminal' }, bench.ana.signer);
    await expectRefused(id, /approver was removed/);
  });

  it('has to name the digest that was shown, to be signed within ten minutes, and by an enrolled key', async () => {
    const { id, digest } = await proposed();
    expect(() => bench.approve(id, { shownDigest: 'f00d' })).toThrow(/not what this plan says/);
    const approver = { id: bench.ana.signer.approverId, name: 'Ana' };
    const { text, at } = bench.plans.draft(id, { decision: 'approve' }, approver);
    const signature = bench.ana.signer.sign(text);
    const by = { approver, at, signature, channel: 'terminal' };
    expect(() => bench.plans.decide(id, { decision: 'deny' }, by)).toThrow(/does not fit/);
    expect(() => bench.plans.decide(id, { decision: 'approve', reason: 'x' }, by)).toThrow(/does not fit/);
    const stranger = { ...by, approver: { id: 'approver-0', name: 'Ana' } };
    expect(() => bench.plans.decide(id, { decision: 'approve' }, stranger)).toThrow(/not enrolled/);
    bench.pass(11);
    expect(() => bench.plans.decide(id, { decision: 'approve' }, by)).toThrow(/ten minutes/);
    expect(bench.audit.list({ limit: 1, subject: id })[0]).toMatchObject({ action: 'plan.refused' });
    expect(bench.approve(id, { shownDigest: digest }).state).toBe('approved');
  });

  it('is of no use once a plan was changed by hand: it is shown so, and cannot be approved', async () => {
    const { id } = await proposed();
    set("UPDATE change_plans SET content = replace(content, '192.0.2.9', '203.0.113.66') WHERE id = ?", id);
    expect(bench.plans.alteration(id)).toMatch(/does not fit/);
    expect(() => bench.approve(id)).toThrow(/changed by hand/);
  });

  it('is refused for a plan that cannot even be read, which stands in no other plan’s way', async () => {
    const broken = await approved();
    const whole = await approved();
    set("UPDATE change_plans SET content = '{' WHERE id = ?", broken.id);
    await expect(bench.plans.apply(broken.id, assistant)).rejects.toMatchObject({ kind: 'corrupt' });
    expect(bench.plans.list({ limit: 10 }).map(({ id }) => id)).toEqual([whole.id]);
    expect(await bench.plans.apply(whole.id, assistant)).toMatchObject({ state: 'applied' });
  });

  it('still verifies when the secrets of its plan are forgotten', async () => {
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
    const ended = bench.deny(plan.id);
    expect(canonicalJson(ended)).not.toContain('correct-horse');
    expect(ended.bodies?.[0]).toMatchObject({ secret: true });
    expect(ended.bodies?.[0]?.salt).toBeUndefined();
    expect(bench.plans.alteration(plan.id)).toBeUndefined();
    const { approval } = ended;
    if (approval?.kind !== 'signed') throw new Error('not signed');
    const text = approvalText(ended, approval);
    expect(bench.approvers.signatureProblem(text, approval.signature, approval.approverId)).toBeUndefined();
  });
});

describe('a client’s own form', () => {
  const inForm = (id: string) => bench.plans.decideInForm(id, { decision: 'approve' }, { name: 'Bo', channel: 'mcp' });

  it('approves only where the operator allows it, is named so, and counts only while it is allowed', async () => {
    const { id } = await proposed();
    expect(() => inForm(id)).toThrow(/does not count here/);
    bench.setClientForms(true);
    expect(inForm(id)).toMatchObject({ state: 'approved', approval: { kind: 'client-form', approver: 'Bo' } });
    expect(bench.audit.list({ limit: 1, action: 'plan.approved' })[0]?.details).toMatchObject({ kind: 'client-form' });
    bench.setClientForms(false);
    await expectRefused(id, /does not count here/);
    bench.setClientForms(true);
    expect(await bench.plans.apply(id, assistant)).toMatchObject({ state: 'applied' });
  });

  it('counts only in the process that showed it, so that no row of the database stands for it', async () => {
    bench.setClientForms(true);
    const { id } = inForm((await proposed()).id);
    await expect(bench.anotherInstance().apply(id, assistant)).rejects.toThrow(/only in the process that showed it/);
    expect(bench.anotherInstance().needsDecision(bench.plans.get(id))).toBe(true);
    expect(bench.approve(id)).toMatchObject({ approval: { kind: 'signed' } });
  });
});

describe('the chain of enrolments', () => {
  const records = () =>
    bench.database.prepare('SELECT text, signature FROM approver_records ORDER BY sequence').all() as {
      text: string;
      signature: string;
    }[];

  it('does not trust a row that nobody enrolled signed, nor a second first approver', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    const base = {
      action: 'enrol' as const,
      approver: { id: 'approver-eve', name: 'Eve' },
      credential: { kind: 'passphrase' as const, id: 'key-eve', publicKey: key },
      by: 'approver-eve',
      at: new Date().toISOString(),
    };
    const chain = followChain(records().map(({ text, signature }) => ({ text, signature: JSON.parse(signature) })));
    const { sequence, previous } = bench.approvers.draft('enrol', base.approver, base.credential, 'approver-eve');
    expect(chain.valid).toBe(1);
    for (const content of [
      { ...base, sequence, previous },
      { ...base, sequence, previous, by: bench.ana.signer.approverId },
      { ...base, sequence: 1, previous: null },
    ]) {
      const text = recordText(content);
      const signature = {
        kind: 'passphrase' as const,
        credentialId: 'key-eve',
        signature: sign(null, Buffer.from(text), privateKey).toString('base64url'),
      };
      expect(() => bench.approvers.append(content, signature, { name: 'x', channel: 'terminal' })).toThrow(
        /stay as they are/,
      );
      set('INSERT INTO approver_records VALUES (2, ?, ?, 999)', text, JSON.stringify(signature));
      expect(bench.approvers.list()).toMatchObject({ approvers: [{ name: 'Ana' }], problem: expect.any(String) });
      const { id } = await proposed();
      const forged = { sign: () => signature, approverId: 'approver-eve' };
      expect(bench.approvers.signatureProblem('x', forged.sign(), 'approver-eve')).toMatch(/not enrolled/);
      expect(bench.approve(id).state).toBe('approved');
      bench.database.exec('DROP TRIGGER IF EXISTS approver_records_no_delete');
      set('DELETE FROM approver_records WHERE sequence = 2');
    }
  });

  it('notices that a removal was taken out of the database', async () => {
    const eve = await TestApprover.enrol(bench, { name: 'Eve', by: bench.ana });
    const { id } = await proposed();
    eve.approve(bench.plans, id);
    bench.approvers.remove('Eve', { name: 'tester', channel: 'terminal' }, bench.ana.signer);
    bench.database.exec('DROP TRIGGER approver_records_no_delete; DELETE FROM approver_records WHERE sequence = 3');
    await expectRefused(id, /not those of the audit log/);
  });

  it('keeps the last approver, and takes no second one of the same name', async () => {
    const who = { name: 'tester', channel: 'terminal' };
    expect(() => bench.approvers.remove('Ana', who, bench.ana.signer)).toThrow(/last approver/);
    await expect(TestApprover.enrol(bench, { name: 'ANA', by: bench.ana })).rejects.toThrow(/name is taken/);
    await expect(TestApprover.enrol(bench, { name: 'Eve' })).rejects.toThrow(/one of them has to sign/);
  });
});
