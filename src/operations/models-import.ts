import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import { modelName } from '../jobs/job-store.ts';
import { artifactSchema, modelSchema } from '../jobs/registry.ts';
import { importModel } from '../model/import-model.ts';
import { defineOperation } from './operation.ts';

/** It becomes a folder of models/, so it can name nothing above that: neither `.` nor `..`. */
const nameSchema = z.string().regex(/^\w[\w.-]{0,99}$/);

export const modelsImport = defineOperation({
  name: 'models.import',
  title: 'Import a model',
  description:
    'Copies a model that was made elsewhere into the registry: a Hugging Face folder (safetensors), or a GGUF file such as Ollama’s, which is then an artifact to deploy. `dequantize` also writes a GGUF file’s weights in float32, to fine-tune or quantize it again. Runs as a job; returns the model and its artifacts.',
  effect: 'write',
  scope: 'train',
  idempotent: false,
  openWorld: false,
  job: true,
  writes: (input) => [modelName(nameOf(input))],
  positionals: ['source'],
  example: 'fts models import ~/Downloads/tinyllama-q4_0.gguf --name tinyllama',
  input: z.object({
    source: z.string().min(1).describe('Folder in the Hugging Face layout, or a .gguf file'),
    name: nameSchema.optional().describe('Name of the model (default: that of the folder or file)'),
    dequantize: z.boolean().default(false).describe('Write a GGUF file’s weights in float32 too: 4 bytes a parameter'),
  }),
  output: z.object({ model: modelSchema, artifacts: z.array(artifactSchema) }),
  async run({ source, name: given, dequantize }, context) {
    const { registry, home } = context;
    const name = nameOf({ source, name: given });
    if (registry.models().some((model) => model.name === name)) {
      throw new FtsError('conflict', `There is a model "${name}" already.`, {
        field: 'name',
        value: name,
        remedy: `Choose another with --name, or remove that one first: \`fts models remove ${name}\`.`,
      });
    }
    const directory = join(home.models, name);
    const { family, parameters, files } = await importModel(resolve(source), directory, { name, dequantize }, context);
    registry.saveModel({ name, directory, family, parameters, parent: null, run: null });
    for (const file of files) {
      registry.saveArtifact({ id: `${name}:${file.format}`, model: name, settings: { method: 'import' }, ...file });
    }
    return { model: registry.model(name), artifacts: registry.artifacts(name) };
  },
});

function nameOf({ source, name }: { source: string; name?: string | undefined }): string {
  return parseWith(nameSchema, name ?? basename(resolve(source), '.gguf'), 'the name of the model');
}
