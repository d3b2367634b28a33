import { join } from 'node:path';
import { z } from 'zod';
import { artifactSchema } from '../jobs/registry.ts';
import { exportGguf } from '../model/gguf/export-gguf.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { defineOperation } from './operation.ts';

const formats = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0', q4_0: 'Q4_0', q4_1: 'Q4_1' } as const;
const formatNames = Object.keys(formats) as [keyof typeof formats];

export const quantize = defineOperation({
  name: 'quantize',
  title: 'Quantize a model',
  description:
    'Makes GGUF artifacts of a model: INT8 (`q8_0`) and INT4 (`q4_0`) for serving, or unquantized (`f32`). The model itself is never changed. Runs as a job.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  positionals: ['model'],
  example: 'fts quantize operator --formats q8_0 q4_0',
  input: z.object({
    model: z.string().describe('Name of the model'),
    formats: z.array(z.enum(formatNames)).min(1).default(['q8_0', 'q4_0']).describe('Which artifacts to make'),
    method: z.enum(['rtn']).default('rtn').describe('Round to nearest'),
  }),
  output: z.object({ artifacts: z.array(artifactSchema) }),
  async run({ model: name, formats: wanted, method }, context) {
    const { registry } = context;
    const model = registry.model(name);
    const directory = await openModelDirectory(model.directory);
    try {
      const tokenizer = directory.tokenizer === undefined ? undefined : Tokenizer.fromFiles(directory.tokenizer);
      for (const [done, format] of wanted.entries()) {
        context.report({ stage: 'quantize', done, total: wanted.length, unit: 'items' });
        const exported = await exportGguf(
          join(model.directory, `${name}-${format}.gguf`),
          { name, config: directory.config, tokenizer, weights: directory.weights, type: formats[format] },
          { signal: context.signal, report: () => {} },
        );
        const { path, bytes, bitsPerWeight, fallbacks } = exported;
        registry.saveArtifact({
          id: `${name}:${format}`,
          model: name,
          format,
          path,
          bytes,
          bitsPerWeight,
          settings: { method, fallbacks },
        });
      }
      return { artifacts: wanted.map((format) => registry.artifact(`${name}:${format}`)) };
    } finally {
      await directory.close();
    }
  },
});
