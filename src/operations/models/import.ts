import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import { type FileToRead, fileToReadSchema, textOf } from '../../inputs/file-inputs.ts';
import { newModelNameSchema } from '../../inputs/names.ts';
import { modelName } from '../../jobs/job-store.ts';
import { importModel } from '../../model/import-model.ts';
import { placeModel, stagingPath } from '../../registry/place-model.ts';
import { artifactSchema, modelSchema } from '../../registry/registry-records.ts';
import { refuseTakenModel } from '../../registry/taken-name.ts';
import type { Services } from '../../services/context.ts';
import { type ReplacingInput, replacingInputs, replacingOf } from '../inputs/replacing.ts';
import { defineOperation } from '../operation.ts';

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
  check: (input, services) => refuseTaken(input, services, undefined),
  positionals: ['source'],
  example: 'fts models import ~/Downloads/tinyllama-q4_0.gguf --name tinyllama',
  input: z.object({
    source: fileToReadSchema.describe('Folder in the Hugging Face layout, or a .gguf file'),
    name: newModelNameSchema.optional().describe('Name of the model (default: that of the folder or file)'),
    dequantize: z.boolean().default(false).describe('Write a GGUF file’s weights in float32 too: 4 bytes a parameter'),
    ...replacingInputs,
  }),
  output: z.object({ model: modelSchema, artifacts: z.array(artifactSchema) }),
  async run(input, context) {
    const { registry, home } = context;
    refuseTaken(input, context, context.jobId);
    const name = nameOf(input);
    const source = context.files.read('source', input.source);
    const directory = join(home.models, name);
    // A folder of models/ that the registry does not know is registered where it is.
    const staged = source === directory ? undefined : stagingPath(directory);
    try {
      const options = { name, dequantize: input.dequantize };
      const { family, parameters, files } = await importModel(source, staged ?? directory, options, context);
      const artifacts = files.map((file) => ({
        id: `${name}:${file.format}`,
        model: name,
        settings: { method: 'import' },
        ...file,
      }));
      const made = { name, directory, family, parameters, parent: null, run: null };
      const placed = { model: made, artifacts, ...(staged === undefined ? {} : { staged }) };
      return {
        model: placeModel(registry, placed, replacingOf(input, context)),
        artifacts: registry.artifacts(name),
      };
    } finally {
      if (staged !== undefined) await rm(staged, { recursive: true, force: true });
    }
  },
});

type Naming = { source: FileToRead; name?: string | undefined };

function refuseTaken(input: Naming & ReplacingInput, { registry, home }: Services, jobId: string | undefined): void {
  const name = nameOf(input);
  const directory = join(home.models, name);
  const isThere = resolve(textOf(input.source)) === directory;
  refuseTakenModel(registry, name, isThere ? undefined : directory, replacingOf(input, { jobId }));
}

function nameOf({ source, name }: Naming): string {
  return name ?? parseWith(newModelNameSchema, basename(resolve(textOf(source)), '.gguf'), 'the name of the model');
}
