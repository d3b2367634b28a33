import { z } from 'zod';
import { type ModelOrFile, modelOrFileSchema, textOf } from '../../inputs/file-inputs.ts';
import type { ModelShape } from '../../model/model-config.ts';
import { operatorRecipe } from '../../operator/recipe.ts';
import type { Machine } from '../../planning/machines/machine.ts';
import { findMachine, loadMachines } from '../../planning/machines/machine-catalogue.ts';
import { thisMachineId } from '../../planning/machines/measure-machine.ts';
import { cacheTypes } from '../../planning/serving/inference-memory.ts';
import type { ServingRequest } from '../../planning/serving/plan-serving.ts';
import { type ResolvedShape, resolveShape } from '../../planning/shapes/resolve-shape.ts';
import { parseWeightFormat } from '../../planning/shapes/weight-formats.ts';
import { boundedText } from '../../runtime/bounded-body.ts';
import type { OperationContext } from '../../services/context.ts';
import { operatorConfig } from '../../training/recipes/operator-training.ts';
import { measuredMachine } from '../../workflows/planning/measured-machine.ts';

export const positiveInteger = z.number().int().positive();

/** What several questions ask about serving a model; one that means more by a field describes it anew. */
export const servingFields = {
  model: modelOrFileSchema.describe('A model as for `fts plan`'),
  machines: z.array(z.string().max(200)).max(100).default([]).describe('Only these machines; all when left out'),
  format: z.string().default('Q4_K_M').describe('Weight format'),
  cacheType: z.enum(cacheTypes).default('f16').describe('Type of the KV cache'),
  context: positiveInteger.default(4096).describe('Tokens kept per conversation'),
  prompt: positiveInteger.default(1024).describe('Prompt tokens of a query'),
  completion: positiveInteger.default(256).describe('Completion tokens of a query'),
};
type ServingInput = z.output<z.ZodObject<typeof servingFields>> & { batch: number };

/** `batch` such queries at once, of a model of this shape. */
export function servingRequest(input: ServingInput, shape: ModelShape): Omit<ServingRequest, 'machine'> {
  const { context, prompt, completion } = input;
  return {
    shape,
    load: {
      format: parseWeightFormat(input.format),
      cacheType: input.cacheType,
      contextTokens: context,
      sequences: input.batch,
      prefillTokens: 512,
    },
    promptTokens: Math.min(prompt, context),
    completionTokens: Math.min(completion, context),
  };
}

/**
 * The shape behind a model's name, looked up in the registry, among the recipes of `fts train`, on disk, in the
 * published table and on Hugging Face.
 */
export async function chooseShape(given: ModelOrFile, context: OperationContext): Promise<ResolvedShape> {
  const name = textOf(given);
  const models = context.registry.models();
  if (name === 'operator' && !models.some((model) => model.name === name)) {
    return { name, shape: operatorConfig(operatorRecipe.vocabSize), from: 'training recipe' };
  }
  return resolveShape(name, {
    modelDirectory: (wanted) => models.find((model) => model.name === wanted)?.directory,
    file: () => context.files.find(given),
    fetchText: (url) => fetchText(url, context.signal),
    signal: context.signal,
  });
}

/** A machine by id; this one is measured, for the weight types wanted, where that has not happened yet. */
export async function chooseMachine(
  id: string,
  context: OperationContext,
  types?: readonly string[],
): Promise<Machine> {
  if (id === thisMachineId) {
    return measuredMachine(context.home.cache, context, { threads: context.config.values.threads, types });
  }
  return findMachine(await loadMachines(context.home.root), id);
}

/** The named machines, or this one followed by the whole catalogue. */
export async function chooseMachines(
  ids: readonly string[],
  context: OperationContext,
  types?: readonly string[],
): Promise<Machine[]> {
  const wanted = ids.length > 0 ? new Set(ids) : [thisMachineId, ...(await loadMachines(context.home.root)).keys()];
  const machines: Machine[] = [];
  for (const id of wanted) machines.push(await chooseMachine(id, context, types));
  return machines;
}

/** A model's config.json is a few kilobytes. */
const longestConfigBytes = 4 << 20;

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return boundedText(response, longestConfigBytes, url);
}
