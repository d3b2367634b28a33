import { z } from 'zod';
import { type WrittenBackup, writeBackup } from '../backup/write-backup.ts';
import { FtsError } from '../errors/fts-error.ts';
import { fileToWriteSchema, overwriteField } from '../inputs/file-inputs.ts';
import { defineOperation } from './operation.ts';

export const backup = defineOperation({
  name: 'backup',
  title: 'Back up everything',
  description:
    'Writes a consistent copy of FTS_HOME to one file while everything goes on: database, keys, approvers, settings, audit log with its heads, and the records of runs; with `models` also model files and checkpoints. Only in a terminal, since the file holds everything. `fts restore` takes it back.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['file'],
  example: 'fts backup fts-backup.tar --models',
  input: z.object({
    file: fileToWriteSchema.describe('Where to write the archive'),
    models: z.boolean().default(false).describe('With model files and checkpoints, which can be large'),
    overwrite: overwriteField,
  }),
  output: z.object({
    file: z.string(),
    bytes: z.number().int(),
    sha256: z.string(),
    files: z.number().int(),
    models: z.boolean(),
    auditHead: z.object({ sequence: z.number().int(), hash: z.string() }).nullable(),
    leftOut: z.array(z.string()),
  }),
  async run({ file: given, models, overwrite }, { caller, files: callerFiles, home, database, audit }) {
    if (caller.channel !== 'terminal') {
      throw new FtsError('forbidden', 'A backup holds everything, so it is made in a terminal.', {
        field: 'operation',
        value: 'backup',
        remedy: 'Run `fts backup FILE` on the machine of the server.',
      });
    }
    let written: WrittenBackup | undefined;
    const { path } = await callerFiles.write({ field: 'file', given, overwrite }, async (handle) => {
      written = await writeBackup({ home, database, audit }, handle, { models });
    });
    const { manifest, bytes, sha256, leftOut } = written!;
    return { file: path, bytes, sha256, files: manifest.files.length, models, auditHead: manifest.auditHead, leftOut };
  },
  render: ({ file, bytes, sha256, files, models, leftOut }) =>
    [
      `${file}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB`,
      `SHA-256 ${sha256}`,
      'Keep that hash elsewhere: `fts restore FILE --sha256 HASH` then takes this very file and no other.',
      ...(models ? [] : ['Model files and checkpoints are not in it (--models adds them).']),
      ...(leftOut.length === 0 ? [] : [`Left out, being no plain files: ${leftOut.join(', ')}`]),
    ].join('\n'),
});
