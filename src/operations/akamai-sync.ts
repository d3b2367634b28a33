import { z } from 'zod';
import { PACKED_CATALOGUE } from '../akamai/catalogue/catalogue.ts';
import { syncCatalogue } from '../akamai/catalogue/sync-catalogue.ts';
import { akamaiOf } from './akamai-services.ts';
import { defineOperation } from './operation.ts';

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
    source: z.string().optional().describe('Folder with a checkout of the repository, or the address of an archive'),
    cloudSource: z.string().optional().describe('File or address of Akamai Cloud’s OpenAPI document (YAML or JSON)'),
  }),
  output: z.object({
    apis: z.number().int(),
    operations: z.number().int(),
    refreshed: z.array(z.string()),
    kept: z.array(z.object({ api: z.string(), reason: z.string() })),
    added: z.array(z.string()).describe('Operations that the packed catalogue does not have'),
    removed: z.array(z.string()),
  }),
  async run({ source, cloudSource }, context) {
    const akamai = akamaiOf(context);
    const result = await syncCatalogue({
      packedFolder: PACKED_CATALOGUE,
      targetFolder: akamai.syncedFolder,
      source,
      cloudSource,
      report: context.report,
      signal: context.signal,
    });
    akamai.forgetCatalogue();
    return result;
  },
});
