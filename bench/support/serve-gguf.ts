// Serves one GGUF over HTTP in a process of its own: tsx serve-gguf.ts PATH SETTINGS_JSON. Prints its URL as one line.
import { ServingTelemetry } from '../../src/serving/metrics/serving-telemetry.ts';
import { serveModel } from './serve-model.ts';

const [path, settings = '{}'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: serve-gguf.ts PATH [SETTINGS_JSON]');
const observer = new ServingTelemetry({ prefix: 'fts:' });
const { url, pool } = await serveModel(path, JSON.parse(settings) as object, { observer });
process.once('SIGTERM', () => void pool.drain(0).then(() => process.exit(0)));
console.log(url);
