import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Registry } from '../jobs/registry.ts';
import { defineOperation } from './operation.ts';

export const modelsRemove = defineOperation({
  name: 'models.remove',
  title: 'Remove a model',
  description:
    'Removes a model from the registry and deletes its directory with all artifacts. Runs and their metrics stay.',
  effect: 'destructive',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  positionals: ['name'],
  example: 'fts models remove operator',
  input: z.object({ name: z.string().describe('The model’s name') }),
  output: z.object({ removed: z.string(), directory: z.string() }),
  run: ({ name }, { registry }) => removeModel(name, registry),
});

/** Forgets a model, its artifacts and deployments first, then deletes its files. Errors: `not-found`. */
export async function removeModel(name: string, registry: Registry): Promise<{ removed: string; directory: string }> {
  const { directory } = registry.model(name);
  registry.removeModel(name);
  await rm(directory, { recursive: true, force: true });
  return { removed: name, directory };
}
