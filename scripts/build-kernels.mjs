// Assembles src/runtime/simd/kernels.wat into kernels.wasm.ts (run it after a change: `npm run kernels`).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

const folder = join(import.meta.dirname, '../src/runtime/simd');

export async function assembleKernels() {
  const { parseWat } = await wabt();
  const module = parseWat('kernels.wat', readFileSync(join(folder, 'kernels.wat'), 'utf8'), {
    simd: true,
    threads: true,
  });
  module.resolveNames();
  const { buffer } = module.toBinary({ canonicalize_lebs: true });
  new WebAssembly.Module(buffer); // throws where the text is not valid
  return Buffer.from(buffer).toString('base64');
}

if (process.argv[1] === import.meta.filename) {
  const base64 = await assembleKernels();
  writeFileSync(
    join(folder, 'kernels.wasm.ts'),
    `/** kernels.wat, assembled by \`npm run kernels\`. Do not edit. */\nexport const KERNELS_WASM =\n  '${base64}';\n`,
  );
}
