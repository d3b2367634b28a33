// Bundles the console's browser part (src/console/app) into dist/console/app: nothing inline, nothing from elsewhere.
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');

export async function buildConsole() {
  await build({
    configFile: false,
    root: join(root, 'src/console/app'),
    base: '/console/',
    logLevel: 'warn',
    build: {
      outDir: join(root, 'dist/console/app'),
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}

if (process.argv[1] === import.meta.filename) await buildConsole();
