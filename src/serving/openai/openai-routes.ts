import { Hono } from 'hono';
import { FtsError } from '../../errors/fts-error.ts';
import { type IdentifyCaller, identifyByToken } from '../caller.ts';
import type { ModelListing, ModelPool } from '../pool/model-pool.ts';
import { type AdapterPath, loadAdapter, noAdapters, unloadAdapter } from './adapters.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { openAiError } from './errors.ts';
import { responses } from './responses.ts';

/** The OpenAI API over a pool of models. Mount it at the root; its paths begin with `/v1`. */
export function openAiRoutes(
  pool: ModelPool,
  identify: IdentifyCaller = identifyByToken,
  adapterPath: AdapterPath = noAdapters,
): Hono {
  const app = new Hono();
  app.post('/v1/chat/completions', (context) => chatCompletions(pool, context, identify));
  app.post('/v1/completions', (context) => completions(pool, context, identify));
  app.post('/v1/embeddings', (context) => embeddings(pool, context));
  app.post('/v1/responses', (context) => responses(pool, context, identify));
  app.post('/v1/load_lora_adapter', (context) => loadAdapter(pool, context, adapterPath));
  app.post('/v1/unload_lora_adapter', (context) => unloadAdapter(pool, context));
  app.get('/v1/models', async (context) => context.json({ object: 'list', data: (await pool.list()).map(toApiModel) }));
  app.get('/v1/models/:name{.+}', async (context) => {
    const name = context.req.param('name');
    const listing = (await pool.list()).find((model) => model.name === name);
    if (listing === undefined) {
      throw new FtsError('not-found', `No model named ${name}.`, {
        field: 'model',
        value: name,
        remedy: 'GET /v1/models lists the models.',
      });
    }
    return context.json(toApiModel(listing));
  });
  app.onError(openAiError);
  return app;
}

function toApiModel(listing: ModelListing) {
  return {
    id: listing.name,
    object: 'model',
    created: Math.floor(listing.modifiedAt.getTime() / 1000),
    owned_by: 'fts',
  };
}
