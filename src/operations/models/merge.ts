import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileToReadSchema, modelOrFileSchema, textOf } from '../../inputs/file-inputs.ts';
import { newModelNameSchema } from '../../inputs/names.ts';
import { modelName } from '../../jobs/job-store.ts';
import { placeModel, stagingPath } from '../../registry/place-model.ts';
import { refuseTakenModel } from '../../registry/taken-name.ts';
import type { Services } from '../../services/context.ts';
import { mergeAdapter } from '../../training/lora/merge-adapter.ts';
import { modelFolder } from '../../workflows/models/model-folder.ts';
import { type ReplacingInput, replacingInputs, replacingOf } from '../inputs/replacing.ts';
import { defineOperation } from '../operation.ts';

export const modelsMerge = defineOperation({
  name: 'models.merge',
  title: 'Merge an adapter into a model',
  description:
    'Adds a LoRA adapter in PEFT’s layout to the weights of its base model and registers the sum as a model of its own, which then quantizes, deploys and serves like any other. Models that `train` made with LoRA are merged already; their adapter is in their folder `adapter`.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  writes: ({ name }) => [modelName(name)],
  check: (input, services) => refuseTaken(input, services, undefined),
  positionals: ['base', 'adapter'],
  example: 'fts models merge notes ./my-adapter --name notes-tuned',
  input: z.object({
    base: modelOrFileSchema.describe('The base model: a registered name or a folder'),
    adapter: fileToReadSchema.describe('Folder with adapter_config.json and adapter_model.safetensors'),
    name: newModelNameSchema.describe('Name of the merged model'),
    dtype: z.enum(['float32', 'bfloat16', 'float16']).default('float32').describe('How its weights are stored'),
    ...replacingInputs,
  }),
  output: z.object({ model: z.string(), directory: z.string(), parameters: z.number(), adapted: z.number() }),
  async run(input, context) {
    const { base, adapter, name, dtype } = input;
    const { registry, home } = context;
    refuseTaken(input, context, context.jobId);
    const directory = join(home.models, name);
    const staged = stagingPath(directory);
    try {
      const output = { path: staged, name, dtype };
      const { family, parameters, adapted } = await mergeAdapter(
        modelFolder('base', base, context),
        context.files.read('adapter', adapter),
        output,
      );
      const made = { name, directory, family, parameters, parent: textOf(base), run: null };
      placeModel(registry, { model: made, staged }, replacingOf(input, context));
      return { model: name, directory, parameters, adapted };
    } finally {
      await rm(staged, { recursive: true, force: true });
    }
  },
});

function refuseTaken(
  input: { name: string } & ReplacingInput,
  { registry, home }: Services,
  jobId: string | undefined,
): void {
  refuseTakenModel(registry, input.name, join(home.models, input.name), replacingOf(input, { jobId }));
}
