// How long does quantization take, and how does it grow with width? Seconds per million parameters, and peak memory
// beyond the FP32 weights, for models of random weights. There is no peer that runs here: GPTQ's own needs a GPU.
// npm run bench -- quantize-speed [--widths 256 512 …] [--samples N]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ModelConfig } from '../src/model/model-config.ts';
import { quantize } from '../src/quantization/quantize.ts';
import { quantizationMethods, quantizationSettingsSchema } from '../src/quantization/settings.ts';
import { tinyLlama, writeRandomModel } from '../test/support/random-model.ts';
import type { Bench, BenchRow } from './bench.ts';

const bench: Bench = async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { widths: { type: 'string', default: '128' }, samples: { type: 'string', default: '32' } },
  });
  const widths = [values.widths, ...positionals].map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'fts-speed-'));
  const work = { report: () => {}, signal: new AbortController().signal };
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  try {
    for (const width of widths) {
      const heads = width / 64;
      const ffnWidth = 3 * width;
      const config: ModelConfig = {
        ...tinyLlama,
        width,
        heads,
        kvHeads: heads,
        headDim: 64,
        ffnWidth,
        contextLength: 256,
      };
      const path = join(folder, `width-${width}`);
      const { arrays } = await writeRandomModel(path, config);
      const parameters = [...arrays.values()].reduce((sum, { length }) => sum + length, 0);
      for (const method of quantizationMethods) {
        const settings = quantizationSettingsSchema.parse({ method, samples: Number(values.samples) });
        const calibration = {
          tokens: Int32Array.from({ length: 40_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 8) % 512),
        };
        const { seconds } = await quantize({ model: path, output: join(folder, 'out'), settings, calibration }, work);
        rows.push({
          case: `${method}, width ${width}`,
          ours: seconds / (parameters / 1e6),
          peer: null,
          peerName: '-',
          unit: 's per million parameters',
          ratio: null,
          higherIsBetter: false,
          reason: 'no peer on CPUs',
        });
      }
      const peak = process.resourceUsage().maxRSS / 1024;
      notes.push(
        `Width ${width}: ${(parameters / 1e6).toFixed(1)} M parameters, peak memory so far ${peak.toFixed(0)} MB.`,
      );
    }
    return { rows, notes };
  } finally {
    await rm(folder, { recursive: true });
  }
};

export default bench;
