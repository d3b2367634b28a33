import { open } from 'node:fs/promises';
import { FtsError } from '../../errors/fts-error.ts';

/** The first four bytes of every GGUF file (ggml's `docs/gguf.md`). */
const ggufMagic = 'GGUF';

/** Makes sure that this machine's engine can open the artifact: a GGUF file that is there and begins like one. */
export async function checkLocalTarget(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(4);
    await file.read(start, 0, 4, 0);
    if (start.toString('latin1') !== ggufMagic) {
      throw new FtsError('corrupt', `${path} is not a GGUF file.`, {
        field: 'artifact',
        value: path,
        remedy: 'Make a GGUF artifact with `fts quantize`, then deploy that.',
      });
    }
  } finally {
    await file.close();
  }
}
