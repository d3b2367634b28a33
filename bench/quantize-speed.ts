// How long does quantization take, how does it grow with width, how much memory does it need, and how much smaller is
// the file? Models of random weights, each case in a process of its own. There is no peer that runs here: GPTQ's own
// needs a GPU. The memory row's limit is the FP32 weights and 1 GB.
// npm run bench -- quantize-speed [--widths 256,512,1024] [--samples N] [--methods rtn,gptq,awq] [--large false]
// Slices: --widths '' leaves the large model alone, --large false leaves it out.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { ModelConfig } from '../src/model/model-config.ts';
import { tinyLlama, writeRandomModel } from '../testing/models/random-model.ts';
import type { Bench, BenchRow } from './bench.ts';

interface Outcome {
  seconds: number;
  /** Peak resident set of the process. */
  peakBytes: number;
  /** Bytes by format. */
  files: Record<string, number>;
}

const gigabyte = 1e9;
const run = promisify(execFile);

const bench: Bench = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      widths: { type: 'string', default: '256,512,1024' },
      samples: { type: 'string', default: '32' },
      methods: { type: 'string', default: 'rtn,gptq,awq' },
      large: { type: 'string', default: 'true' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'fts-speed-'));
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  const measure = async (model: string, settings: object): Promise<Outcome> => {
    const input = { model, output: join(folder, 'out'), settings: { samples: Number(values.samples), ...settings } };
    const script = join(import.meta.dirname, 'support/quantize-once.ts');
    const { stdout } = await run(process.execPath, ['--import', 'tsx', script, JSON.stringify(input)]);
    return JSON.parse(stdout);
  };
  const unmatched = { peer: null, peerName: '-', ratio: null, reason: 'no peer on CPUs' };
  const timed = async (model: string, parameters: number, method: string, width: number): Promise<Outcome> => {
    const outcome = await measure(model, { method });
    rows.push({
      ...{ case: `${method}, width ${width}`, ours: outcome.seconds / (parameters / 1e6), ...unmatched },
      ...{ unit: 's per million parameters', higherIsBetter: false },
    });
    return outcome;
  };
  try {
    for (const width of values.widths
      .split(',')
      .filter((text) => text !== '')
      .map(Number)) {
      const model = join(folder, `width-${width}`);
      const parameters = await writeModel(model, shapeOf(width));
      notes.push(`Width ${width}: ${(parameters / 1e6).toFixed(1)} M parameters.`);
      for (const method of values.methods.split(',')) await timed(model, parameters, method, width);
      await rm(model, { recursive: true });
    }
    if (values.large === 'true') {
      const model = join(folder, 'large');
      const shape = { ...shapeOf(768), layers: 12, ffnWidth: 2048, vocabSize: 32_000 };
      const parameters = await writeModel(model, shape);
      const { size } = await stat(join(model, 'model.safetensors'));
      const { peakBytes, files } = await timed(model, parameters, 'gptq', 768);
      const limit = size + gigabyte;
      rows.push({
        ...{ case: `peak memory of GPTQ, ${(parameters / 1e6).toFixed(0)} M parameters`, ours: peakBytes / 1e6 },
        ...{ peer: limit / 1e6, peerName: 'limit: FP32 weights + 1 GB', unit: 'MB' },
        ...{ ratio: peakBytes / limit, higherIsBetter: false },
      });
      const wide = await measure(model, { method: 'rtn', groupSize: 128 });
      const packed = await measure(model, {
        ...{ method: 'rtn', groupSize: 128, format: 'compressed-tensors', packTables: true },
      });
      const smaller = (name: string, bytes: number, wanted: number): BenchRow => ({
        ...{ case: name, ours: size / bytes, peer: wanted, peerName: 'wanted', unit: 'times smaller than FP32' },
        ...{ ratio: size / bytes / wanted, higherIsBetter: true },
      });
      rows.push(
        smaller('GGUF Q4_0, groups of 32', files.q4_0!, 6.5),
        smaller('GGUF Q4_0, groups of 128', wide.files.q4_0!, 7.1),
        smaller('safetensors gptq, groups of 32, tables F16', files.gptq!, 6.5),
        smaller('safetensors gptq, groups of 128, tables F16', wide.files.gptq!, 7.1),
        smaller(
          'safetensors compressed-tensors, groups of 128, tables packed',
          packed.files['compressed-tensors']!,
          7.1,
        ),
      );
    }
    return { rows, notes: [...notes, `${values.samples} calibration sequences of 256 tokens.`] };
  } finally {
    await rm(folder, { recursive: true });
  }
};

function shapeOf(width: number): ModelConfig {
  const heads = width / 64;
  return { ...tinyLlama, width, heads, kvHeads: heads, headDim: 64, ffnWidth: 3 * width, contextLength: 256 };
}

async function writeModel(path: string, config: ModelConfig): Promise<number> {
  const { arrays } = await writeRandomModel(path, config);
  return [...arrays.values()].reduce((sum, { length }) => sum + length, 0);
}

export default bench;
