// Writes catalogue/ from a folder of bundled OpenAPI documents, one API_VERSION.json each:
//   npx tsx scripts/generate-catalogue.ts FOLDER ["source line" ...]
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { apiFromOpenApi, type GeneratedApi } from '../src/akamai/catalogue/generate/api-from-openapi.ts';
import { writeCatalogue } from '../src/akamai/catalogue/generate/write-catalogue.ts';

const [folder, ...sources] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: generate-catalogue.ts FOLDER [SOURCE ...]');
const apis: GeneratedApi[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => apiFromOpenApi(basename(name, '.json'), JSON.parse(readFileSync(join(folder, name), 'utf8'))));
const target = join(import.meta.dirname, '../catalogue');
await writeCatalogue(target, apis, { sources });
console.log(`${apis.length} APIs, ${apis.reduce((sum, api) => sum + api.facts.operations.length, 0)} operations`);
