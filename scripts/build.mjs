// Compiles src/ to dist/ (types are checked by `npm run types`, not here, so that an install stays quick)
// and copies the files that are not TypeScript (the console's page, data) beside the code that reads them.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
cpSync(join(root, 'src'), join(root, 'dist'), {
  recursive: true,
  filter: (source) => extname(source) === '' || !['.ts', '.md'].includes(extname(source)),
});
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
