import { serve } from '@hono/node-server';
import type { EngineSettings } from '../../src/serving/engine/protocol.ts';
import { openAiRoutes } from '../../src/serving/openai/openai-routes.ts';
import type { LoadedModel, ModelPool, ModelPoolOptions } from '../../src/serving/pool/model-pool.ts';
import { poolOf } from '../../testing/models/test-model.ts';

interface ServedModel {
  url: string;
  pool: ModelPool;
  /** Loaded, and kept so until `release`. */
  model: LoadedModel;
  release: () => void;
}

/** One GGUF, loaded under the name "model" and served by this process over HTTP on a free port. */
export async function serveModel(
  ggufPath: string,
  settings: Omit<EngineSettings, 'ggufPath'>,
  options: Partial<ModelPoolOptions>,
): Promise<ServedModel> {
  const pool = poolOf({ model: { name: 'model', ggufPath, settings } }, options);
  const { model, release } = await pool.acquire('model');
  const { fetch } = openAiRoutes(pool);
  // As src/http/server.ts has it: connections are not closed under a client that is about to use them again.
  const serverOptions = { keepAliveTimeout: 65_000 };
  const url = await new Promise<string>((resolve) => {
    serve({ fetch, hostname: '127.0.0.1', port: 0, serverOptions }, ({ port }) => resolve(`http://127.0.0.1:${port}`));
  });
  return { url, pool, model, release };
}
