import { expect, it, vi } from 'vitest';
import { openDatabase } from '../store/database.ts';
import { AuditLog, auditTables } from './audit-log.ts';
import { RefusalLog } from './refusal-log.ts';

const open = () => {
  const audit = new AuditLog(openDatabase(':memory:', [auditTables]));
  return { audit, refusals: new RefusalLog(audit) };
};
const refusal = (subject: string) =>
  ({ actor: 'unknown', channel: 'http', action: 'auth.refused', subject, outcome: 'refused' }) as const;

it('records the first refusal at once and its repeats as one count', () => {
  vi.useFakeTimers();
  const { audit, refusals } = open();
  for (let time = 0; time < 5000; time++) refusals.record(refusal('POST /mcp'), 'bad key');
  expect(audit.list({ limit: 9 })).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(audit.list({ limit: 9 }).map(({ details }) => details)).toEqual([{ repeats: 4999 }, {}]);
  refusals.record(refusal('POST /mcp'), 'bad key');
  expect(audit.list({ limit: 9 })).toHaveLength(3);
  vi.useRealTimers();
});

it('keeps a flood of different refusals small, and says how many were left out', () => {
  const { audit, refusals } = open();
  for (let time = 0; time < 5000; time++) refusals.record(refusal(`POST /${time}`), 'bad key');
  refusals.flush();
  const rows = audit.list({ limit: 1000 });
  expect(rows).toHaveLength(121);
  expect(rows[0]).toMatchObject({ action: 'audit.refusals-left-out', details: { count: 4880 } });
});
