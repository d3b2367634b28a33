import type { Context } from 'hono';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { type FileToRead, fileToReadSchema } from '../../inputs/file-inputs.ts';
import { adapterNameSchema } from '../../inputs/names.ts';
import type { ModelPool } from '../pool/model-pool.ts';
import { readJsonBody } from './errors.ts';

const unloadSchema = z.object({ model: z.string().min(1), lora_name: adapterNameSchema });
const loadSchema = unloadSchema.extend({
  lora_path: fileToReadSchema,
  scale: z.number().min(-8).max(8).default(1),
});

/** Resolves a `lora_path` to a file path. Errors: `forbidden` if the caller may not use it. */
export type AdapterPath = (given: FileToRead) => string;

/** For servers without an adapter folder: refuses every adapter. */
export const noAdapters: AdapterPath = () => {
  throw new FtsError('forbidden', 'This server loads no adapters over HTTP.', { field: 'lora_path' });
};

/**
 * `POST /v1/load_lora_adapter` (as in vLLM): loads an adapter, which requests name in `adapter`, until its model
 * unloads.
 */
export async function loadAdapter(pool: ModelPool, context: Context, pathOf: AdapterPath): Promise<Response> {
  const body = parseWith(loadSchema, await readJsonBody(context), 'the adapter');
  const path = pathOf(body.lora_path);
  const { model, release } = await pool.acquire(body.model);
  try {
    await model.engine.call('loadAdapter', { name: body.lora_name, path, scale: body.scale });
    return context.json({ status: 'loaded', model: body.model, lora_name: body.lora_name });
  } finally {
    release();
  }
}

/** `POST /v1/unload_lora_adapter`: refused while requests use it. */
export async function unloadAdapter(pool: ModelPool, context: Context): Promise<Response> {
  const body = parseWith(unloadSchema, await readJsonBody(context), 'the adapter');
  const { model, release } = await pool.acquire(body.model);
  try {
    await model.engine.call('unloadAdapter', { name: body.lora_name });
    return context.json({ status: 'unloaded', model: body.model, lora_name: body.lora_name });
  } finally {
    release();
  }
}
