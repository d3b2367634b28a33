import { type Context, Hono } from 'hono';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { type IdentifyCaller, identifyByToken } from '../caller.ts';
import { streamResponse } from '../event-stream.ts';
import { openAiError, readJsonBody } from '../openai/errors.ts';
import type { LoadedModel, ModelListing, ModelPool } from '../pool/model-pool.ts';
import { chat, generate, nanoseconds } from './generation.ts';
import { keepAliveSeconds, registryName, taggedName } from './model-names.ts';
import { embedSchema, legacyEmbeddingSchema, modelNameSchema } from './schemas.ts';

/** The release of Ollama whose API these routes follow; clients compare it with their minimum. */
const API_VERSION = '0.12.0';

/** One line of progress of a pull. */
export interface PullProgress {
  status: string;
  digest?: string;
  total?: number;
  completed?: number;
}

/** Pulls and removes models for the routes that change the registry. A route without its function refuses. */
export interface ModelStore {
  pull?(name: string, signal: AbortSignal): AsyncGenerator<PullProgress>;
  remove?(name: string): Promise<void>;
}

/** Ollama's API over a pool of models. Mount it at the root; its paths begin with `/api`. */
export function ollamaRoutes(
  pool: ModelPool,
  store: ModelStore = {},
  identify: IdentifyCaller = identifyByToken,
): Hono {
  const app = new Hono();
  app.post('/api/generate', (context) => generate(pool, context, identify));
  app.post('/api/chat', (context) => chat(pool, context, identify));
  app.post('/api/embed', (context) => embed(pool, context));
  app.post('/api/embeddings', (context) => legacyEmbeddings(pool, context));
  app.get('/api/version', (context) => context.json({ version: API_VERSION }));
  app.get('/api/tags', async (context) => context.json({ models: (await pool.list()).map(toTag) }));
  app.get('/api/ps', async (context) => context.json({ models: await runningModels(pool) }));
  app.post('/api/show', (context) => show(pool, context));
  app.post('/api/pull', (context) => pull(store, context));
  app.delete('/api/delete', (context) => remove(pool, store, context));
  app.onError(ollamaError);
  return app;
}

/** An error in Ollama's shape, a single string, with the same status as in the OpenAI API. */
function ollamaError(thrown: unknown, context: Context): Response {
  const error = FtsError.from(thrown);
  const response = openAiError(error, context);
  return new Response(JSON.stringify({ error: errorText(error) }), {
    status: response.status,
    headers: response.headers,
  });
}

function errorText({ message, remedy }: FtsError): string {
  return remedy === undefined ? message : `${message} ${remedy}`;
}

async function embed(pool: ModelPool, context: Context): Promise<Response> {
  const startedMs = performance.now();
  const body = parseWith(embedSchema, await readJsonBody(context), 'the embed request');
  const { model, release } = await pool.acquire(registryName(body.model), keepAliveSeconds(body.keep_alive));
  try {
    const loadMs = performance.now() - startedMs;
    const { embeddings, tokens } = await model.engine.call('embed', { inputs: [body.input].flat() });
    return context.json({
      model: body.model,
      embeddings: embeddings.map((vector) => Array.from(vector.subarray(0, body.dimensions ?? vector.length))),
      total_duration: nanoseconds(performance.now() - startedMs),
      load_duration: nanoseconds(loadMs),
      prompt_eval_count: tokens,
    });
  } finally {
    release();
  }
}

async function legacyEmbeddings(pool: ModelPool, context: Context): Promise<Response> {
  const body = parseWith(legacyEmbeddingSchema, await readJsonBody(context), 'the embeddings request');
  const { model, release } = await pool.acquire(registryName(body.model), keepAliveSeconds(body.keep_alive));
  try {
    const { embeddings } = await model.engine.call('embed', { inputs: [body.prompt] });
    return context.json({ embedding: Array.from(embeddings[0] ?? []) });
  } finally {
    release();
  }
}

async function show(pool: ModelPool, context: Context): Promise<Response> {
  const body = parseWith(modelNameSchema, await readJsonBody(context), 'the show request');
  const name = registryName(body.model);
  const listing = (await pool.list()).find((model) => model.name === name);
  const { model, release } = await pool.acquire(name);
  try {
    const { info } = model;
    const template = info.chatTemplate ?? '';
    return context.json({
      modelfile: `FROM ${name}\n${template === '' ? '' : `TEMPLATE """${template}"""\n`}`,
      parameters: `num_ctx ${info.maxRequestTokens}`,
      template,
      details: details(listing, model),
      model_info: info.metadata,
      capabilities: ['completion', 'embedding', ...(template.includes('tools') ? ['tools'] : [])],
      ...(listing === undefined ? {} : { modified_at: listing.modifiedAt.toISOString() }),
    });
  } finally {
    release();
  }
}

async function runningModels(pool: ModelPool) {
  const listings = new Map((await pool.list()).map((listing) => [listing.name, listing]));
  return pool.loaded().map((model) => {
    const listing = listings.get(model.name);
    return {
      name: taggedName(model.name),
      model: taggedName(model.name),
      size: model.memoryBytes,
      digest: listing?.digest ?? '',
      details: details(listing, model),
      // A model without an expiry gets a date far in the future, because clients expect one.
      expires_at: (model.expiresAt ?? new Date(Date.UTC(2318, 0, 1))).toISOString(),
      size_vram: 0,
      context_length: model.info.maxRequestTokens,
    };
  });
}

function toTag(listing: ModelListing) {
  return {
    name: taggedName(listing.name),
    model: taggedName(listing.name),
    modified_at: listing.modifiedAt.toISOString(),
    size: listing.sizeBytes,
    digest: listing.digest ?? '',
    details: details(listing),
  };
}

function details(listing: ModelListing | undefined, model?: LoadedModel) {
  const metadata = model?.info.metadata ?? {};
  const family = listing?.family ?? metadata['general.architecture'] ?? '';
  return {
    parent_model: '',
    format: 'gguf',
    family,
    families: family === '' ? [] : [family],
    parameter_size: listing?.parameterSize ?? (model === undefined ? '' : humanCount(model.info.model.parameters)),
    quantization_level: listing?.quantization ?? model?.info.model.description.split(' ').at(-1) ?? '',
  };
}

/** 100092672 as `100.1M`. */
function humanCount(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(1)}M`;
}

async function pull(store: ModelStore, context: Context): Promise<Response> {
  const body = parseWith(modelNameSchema, await readJsonBody(context), 'the pull request');
  if (store.pull === undefined) throw refused('pull');
  const progress = store.pull(registryName(body.model), context.req.raw.signal);
  if (!body.stream) {
    for await (const _step of progress) {
      // Without streaming only the outcome is sent.
    }
    return context.json({ status: 'success' });
  }
  return streamResponse(context, pullLines(progress), {
    contentType: 'application/x-ndjson',
    onFailure: (error) => `${JSON.stringify({ error: errorText(FtsError.from(error)) })}\n`,
  });
}

async function* pullLines(progress: AsyncGenerator<PullProgress>): AsyncGenerator<string> {
  for await (const step of progress) yield `${JSON.stringify(step)}\n`;
  yield `${JSON.stringify({ status: 'success' })}\n`;
}

async function remove(pool: ModelPool, store: ModelStore, context: Context): Promise<Response> {
  const body = parseWith(modelNameSchema, await readJsonBody(context), 'the delete request');
  if (store.remove === undefined) throw refused('delete');
  const name = registryName(body.model);
  await pool.unload(name);
  await store.remove(name);
  return context.body(null, 200);
}

function refused(what: string): FtsError {
  return new FtsError('forbidden', `This server does not ${what} models over HTTP.`, {
    remedy: 'Use the fts command on the server.',
  });
}
