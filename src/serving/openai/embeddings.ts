import type { Context } from 'hono';
import { parseWith } from '../../errors/parse-with.ts';
import type { ModelPool } from '../pool/model-pool.ts';
import { readJsonBody } from './errors.ts';
import { embeddingsSchema } from './schemas.ts';

/** `POST /v1/embeddings`: one vector of length 1 per input, as numbers or as base64 of little-endian float32. */
export async function embeddings(pool: ModelPool, context: Context): Promise<Response> {
  const body = parseWith(embeddingsSchema, await readJsonBody(context), 'the embeddings request');
  const { model, release } = await pool.acquire(body.model);
  try {
    const { input } = body;
    const inputs = typeof input === 'string' || typeof input[0] === 'number' ? [input as string | number[]] : input;
    const { embeddings: vectors, tokens } = await model.engine.call('embed', {
      inputs: inputs as (string | number[])[],
    });
    const data = vectors.map((vector, index) => {
      const kept = body.dimensions ? shorten(vector, body.dimensions) : vector;
      const embedding =
        body.encoding_format === 'base64'
          ? Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).toString('base64')
          : Array.from(kept);
      return { object: 'embedding', index, embedding };
    });
    return context.json({
      object: 'list',
      data,
      model: body.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  } finally {
    release();
  }
}

/** The first `dimensions` values, scaled back to length 1. */
function shorten(vector: Float32Array, dimensions: number): Float32Array {
  const kept = vector.slice(0, dimensions);
  const norm = Math.hypot(...kept) || 1;
  return kept.map((value) => value / norm);
}
