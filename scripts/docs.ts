// `npm run docs` writes the pages of docs/reference that are made from the program's own records; with `--check` it writes
// nothing, and fails where a page differs from what would be written.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../src/store/atomic-file.ts';
import { cliPage } from './docs/cli-page.ts';
import { mcpToolsPage } from './docs/mcp-tools-page.ts';
import { operationsPage } from './docs/operations-page.ts';
import { settingsPage } from './docs/settings-page.ts';

const pages = {
  'operations.md': operationsPage,
  'settings.md': settingsPage,
  'mcp-tools.md': mcpToolsPage,
  'cli.md': cliPage,
};
const folder = join(import.meta.dirname, '../docs/reference');
const check = process.argv.includes('--check');

mkdirSync(folder, { recursive: true });
const stale: string[] = [];
for (const [name, make] of Object.entries(pages)) {
  const path = join(folder, name);
  const text = make();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale.push(`docs/reference/${name}`);
  if (!check) await writeFileAtomic(path, text);
}
if (check && stale.length > 0) {
  console.error(`${stale.join(', ')}: not what the program says. Run \`npm run docs\` and read the difference.`);
  process.exitCode = 1;
} else console.log(stale.length === 0 ? 'docs/reference is up to date.' : `Wrote ${stale.join(', ')}.`);
