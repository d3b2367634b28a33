import { z } from 'zod';
import { PACKED_CATALOGUE } from '../../akamai/catalogue/catalogue.ts';
import { syncCatalogue } from '../../akamai/catalogue/sync-catalogue.ts';
import { lostRuleText } from '../../akamai/changes/lost-rules.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { addressSchema, requireReachable } from '../../inputs/address.ts';
import { type FileToRead, fileOrOtherSchema, textOf } from '../../inputs/file-inputs.ts';
import type { OperationContext } from '../../services/context.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

export const akamaiSync = defineOperation({
  name: 'akamai.sync',
  title: 'Refresh the Akamai catalogue',
  description:
    'Makes the catalogue of operations anew from the API documents that Akamai publishes, with their full texts, and uses it from then on. Needs a network, or a checkout of the repository in source. Nothing on Akamai changes.',
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  openWorld: true,
  job: true,
  example: 'fts akamai sync --source ~/akamai-apis',
  input: z.object({
    source: fileOrOtherSchema
      .optional()
      .describe('Folder with a checkout of the repository, or the address of an archive'),
    cloudSource: fileOrOtherSchema
      .optional()
      .describe('File or address of Akamai Cloud’s OpenAPI document (YAML or JSON)'),
  }),
  output: z.object({
    apis: z.number().int(),
    operations: z.number().int(),
    refreshed: z.array(z.string()),
    kept: z.array(z.object({ api: z.string(), reason: z.string() })),
    added: z.array(z.string()).describe('Operations that the packed catalogue does not have'),
    removed: z.array(z.string()),
    warnings: z.array(z.string()).describe('Kinds of change whose rules lost their operation'),
  }),
  async run({ source, cloudSource }, context) {
    const akamai = akamaiOf(context);
    const result = await syncCatalogue({
      packedFolder: PACKED_CATALOGUE,
      targetFolder: akamai.syncedFolder,
      source: placeOf('source', source, context),
      cloudSource: placeOf('cloudSource', cloudSource, context),
      report: context.report,
      signal: context.signal,
    });
    akamai.forgetCatalogue();
    return { ...result, warnings: akamai.lostRules.map(lostRuleText) };
  },
});

/** An address that the caller may have called; anything else is a file or folder that the caller may use. */
function placeOf(field: string, given: FileToRead | undefined, context: OperationContext): string | undefined {
  if (given === undefined) return undefined;
  const text = textOf(given);
  if (!/^https?:/i.test(text)) return context.files.read(field, given);
  const address = parseWith(addressSchema, text, `the input of ${akamaiSync.name}`);
  requireReachable(field, address, context);
  return address;
}
