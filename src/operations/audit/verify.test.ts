import { expect, it } from 'vitest';
import { TestApprover } from '../../../testing/approver.ts';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import { systemCaller } from '../../access/caller.ts';
import { callOperation } from '../call-operation.ts';
import { auditVerify } from './verify.ts';

it('finds records of approvers that were removed or written by hand, in a log whose rows all fit', async () => {
  const services = temporaryServices();
  const { database, audit } = services;
  await TestApprover.enrol({ database, audit });
  const call = { report: () => {}, signal: new AbortController().signal, caller: systemCaller };
  const verify = () => callOperation(auditVerify, {}, services, call);
  expect(await verify()).toMatchObject({ verdict: 'intact' });

  database.exec("INSERT INTO approver_records VALUES (2, 'fts-approver-record/1', '{}', 1)");
  expect(await verify()).toMatchObject({ verdict: 'broken', reason: expect.stringContaining('count for nothing') });

  database.exec('DROP TRIGGER approver_records_no_delete');
  database.exec('DELETE FROM approver_records');
  expect(await verify()).toMatchObject({
    verdict: 'broken',
    reason: expect.stringContaining('not those of the audit'),
  });
});
