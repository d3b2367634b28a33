import { join, resolve } from 'node:path';
import { z } from 'zod';
import { mergeAdapter } from '../training/lora/merge-adapter.ts';
import { modelFolder } from './model-folder.ts';
import { defineOperation } from './operation.ts';

export const modelsMerge = defineOperation({
  name: 'models.merge',
  title: 'Merge an adapter into a model',
  description:
    'Adds a LoRA adapter in PEFT’s layout to the weights of its base model and registers the sum as a model of its own, which then quantizes, deploys and serves like any other. Models that `train` made with LoRA are merged already; their adapter is in their folder `adapter`.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['base', 'adapter'],
  example: 'fts models merge notes ./my-adapter --name notes-tuned',
  input: z.object({
    base: z.string().describe('The base model: a registered name or a folder'),
    adapter: z.string().describe('Folder with adapter_config.json and adapter_model.safetensors'),
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/)
      .describe('Name of the merged model'),
    dtype: z.enum(['float32', 'bfloat16', 'float16']).default('float32').describe('How its weights are stored'),
  }),
  output: z.object({ model: z.string(), directory: z.string(), parameters: z.number(), adapted: z.number() }),
  async run({ base, adapter, name, dtype }, context) {
    const directory = join(context.home.models, name);
    const { family, parameters, adapted } = await mergeAdapter(modelFolder(base, context), resolve(adapter), {
      path: directory,
      name,
      dtype,
    });
    context.registry.saveModel({ name, directory, family, parameters, parent: base, run: null });
    return { model: name, directory, parameters, adapted };
  },
});
