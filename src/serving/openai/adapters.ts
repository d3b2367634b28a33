import type { Context } from 'hono';
import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import type { ModelPool } from '../pool/model-pool.ts';
import { readJsonBody } from './errors.ts';

const unloadSchema = z.object({ model: z.string().min(1), lora_name: z.string().regex(/^[\w.-]{1,64}$/) });
const loadSchema = unloadSchema.extend({
  lora_path: z.string().min(1),
  scale: z.number().min(-8).max(8).default(1),
});

/** `POST /v1/load_lora_adapter` (as in vLLM): requests then name it in `adapter`. It stays while its model does. */
export async function loadAdapter(pool: ModelPool, context: Context): Promise<Response> {
  const body = parseWith(loadSchema, await readJsonBody(context), 'the adapter');
  const { model, release } = await pool.acquire(body.model);
  try {
    await model.engine.call('loadAdapter', { name: body.lora_name, path: body.lora_path, scale: body.scale });
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
