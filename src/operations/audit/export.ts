import { z } from 'zod';
import { auditFormats, auditLine } from '../../audit/audit-export.ts';
import { fileToWriteSchema, overwriteField } from '../../inputs/file-inputs.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';
import { auditFilterFields, moments } from './list.ts';

export const auditExport = defineOperation({
  name: 'audit.export',
  title: 'Export the audit log',
  description:
    'Writes audit rows, oldest first, to a file on this machine: JSON Lines, or Common Event Format for a security event collector.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['file'],
  example: 'fts audit export audit.jsonl --since 2026-01-01T00:00:00Z',
  input: z.object({
    file: fileToWriteSchema.describe('Where to write'),
    overwrite: overwriteField,
    format: z.enum(auditFormats).default('jsonl').describe('JSON Lines or CEF'),
    ...auditFilterFields,
  }),
  output: z.object({ file: z.string(), rows: z.number().int() }),
  async run({ file: given, overwrite, format, since, until, ...filter }, context) {
    let rows = 0;
    const written = await context.files.write({ field: 'file', given, overwrite }, async (handle) => {
      for (const row of akamaiOf(context).audit.all({ ...filter, ...moments({ since, until }) })) {
        await handle.write(`${auditLine(row, format)}\n`);
        rows++;
      }
    });
    return { file: written.place, rows };
  },
});
