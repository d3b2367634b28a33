// Serves one GGUF over HTTP in a process of its own: tsx serve-gguf.ts PATH SETTINGS_JSON. Prints its URL as one line.
import { serve } from '@hono/node-server';
import { ServingTelemetry } from '../../src/serving/metrics/serving-telemetry.ts';
import { openAiRoutes } from '../../src/serving/openai/openai-routes.ts';
import { poolOf } from '../../test/support/test-model.ts';

const [path, settings = '{}'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: serve-gguf.ts PATH [SETTINGS_JSON]');
const observer = new ServingTelemetry({ prefix: 'fts:' });
const pool = poolOf(
  { model: { name: 'model', ggufPath: path, settings: JSON.parse(settings) as object } },
  { observer },
);
await pool.acquire('model');
const app = openAiRoutes(pool);
app.get('/health', (context) => context.text('ok'));
// As `fts serve` has it: connections that wait for their next wave are not closed under the client's hands.
const serverOptions = { keepAliveTimeout: 65_000 };
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, serverOptions }, (info) =>
  console.log(`http://127.0.0.1:${info.port}`),
);
process.once('SIGTERM', () => void pool.drain(0).then(() => process.exit(0)));
