import { z } from 'zod';
import { auditOutcomes, auditRowSchema } from '../../audit/audit-log.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

/** Fields that narrow the log, for listing and export. */
export const auditFilterFields = {
  text: z.string().optional().describe('Words that must all occur'),
  action: z
    .string()
    .optional()
    .describe('Such as plan.approved, akamai.read, auth.refused, or an operation: keys.create'),
  subject: z.string().optional().describe('A plan id, or method and path'),
  actor: z.string().optional().describe('Who'),
  outcome: z.enum(auditOutcomes).optional().describe('How it ended'),
  since: z.iso.datetime({ offset: true }).optional().describe('From this moment on'),
  until: z.iso.datetime({ offset: true }).optional().describe('Before this moment'),
};

export const auditList = defineOperation({
  name: 'audit.list',
  title: 'Search the audit log',
  description:
    'Lists who did what, newest first: everything that changed something (keys, models, jobs, deployments, Akamai), every call to Akamai, and what was refused. Other reads and model requests are not in it. Narrow with words, action, subject, actor, outcome or time.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['text'],
  example: 'fts audit list --action plan.approved',
  input: z.object({
    ...auditFilterFields,
    limit: z.number().int().min(1).max(1000).default(50).describe('How many at the most'),
    beforeSequence: z.number().int().min(1).optional().describe('Go on with rows older than this one'),
  }),
  output: z.object({ rows: z.array(auditRowSchema) }),
  async run({ since, until, ...filter }, context) {
    return { rows: akamaiOf(context).audit.list({ ...filter, ...moments({ since, until }) }) };
  },
  render: ({ rows }) =>
    rows
      .map(
        (row) =>
          `${row.sequence}  ${row.at}  ${row.actor} (${row.channel})  ${row.action}  ${row.outcome}  ${row.subject}`,
      )
      .join('\n'),
});

/** Rows are in UTC, so moments are compared in UTC. */
export function moments({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  const utc = (moment: string | undefined) => (moment === undefined ? undefined : new Date(moment).toISOString());
  return { since: utc(since), until: utc(until) };
}
