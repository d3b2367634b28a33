// Compiles src/ to dist/ (types are checked by `npm run types`, not here, so that an install stays quick)
// copies the files that are not TypeScript (views, data) beside the code that reads them, and bundles the console.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { buildConsole } from './build-console.mjs';

const root = join(import.meta.dirname, '..');
const app = join(root, 'src/console/app');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
cpSync(join(root, 'src'), join(root, 'dist'), {
  recursive: true,
  filter: (source) => source !== app && (extname(source) === '' || !['.ts', '.md'].includes(extname(source))),
});
await buildConsole();
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
