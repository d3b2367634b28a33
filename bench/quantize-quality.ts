// How much quality does quantization cost? Perplexity of our INT4 and INT8 files against llama.cpp's own
// (llama_model_quantize), all evaluated from their bytes on our float32 forward pass, at stated bits per weight.
// npm run bench -- quantize-quality [--model DIRECTORY --data TEXT] [--tokens N] [--samples N] [--cases REGEXP]
// Without a model one is trained on this repository's own text, once (about two minutes on two cores).
// The last tenth of the text is scored, the rest calibrates; --cases takes some of the rows. Differences come with their
// standard error, paired token by token. Also writes bench/results/quantize-quality.svg.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportGguf } from '../src/model/gguf/export-gguf.ts';
import { openModelDirectory } from '../src/model/model-directory.ts';
import { Tokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { compareModels } from '../src/quantization/evaluation/compare-models.ts';
import { qualityPlot } from '../src/quantization/evaluation/quality-plot.ts';
import { quantize } from '../src/quantization/quantize.ts';
import { quantizationSettingsSchema } from '../src/quantization/settings.ts';
import { writeFileAtomic } from '../src/store/atomic-file.ts';
import { llamaCppQuantize } from '../testing/models/llama-cpp-quantize.ts';
import type { Bench, BenchRow } from './bench.ts';
import { textModel } from './support/text-model.ts';

/** Our settings, and the file of llama.cpp's that each is held against: the one of the same bits per weight. */
const cases = [
  { name: 'RTN INT4 g32', peer: 'Q4_0', settings: { method: 'rtn' } },
  { name: 'AWQ INT4 g32', peer: 'Q4_0', settings: { method: 'awq' } },
  { name: 'GPTQ INT4 g32', peer: 'Q4_0', settings: { method: 'gptq' } },
  { name: 'GPTQ INT4 g32', peer: 'Q4_K', settings: { method: 'gptq' } },
  { name: 'GPTQ INT4 g128', peer: 'Q4_0', settings: { method: 'gptq', groupSize: 128 } },
  { name: 'RTN INT4 g32, 8-bit tables', peer: 'Q4_K_M', settings: { method: 'rtn', embeddingBits: 8 } },
  { name: 'AWQ INT4 g32, 8-bit tables', peer: 'Q4_K_M', settings: { method: 'awq', embeddingBits: 8 } },
  { name: 'GPTQ INT4 g32, 8-bit tables', peer: 'Q4_K_M', settings: { method: 'gptq', embeddingBits: 8 } },
  { name: 'RTN INT8 g32', peer: 'Q8_0', settings: { method: 'rtn', bits: 8 } },
] as const;

/** llama.cpp's quantizations. `pure` gives every matrix the type itself; Q4_K_M mixes in Q6_K as it is shipped. */
const peers = {
  Q4_0: { type: 'Q4_0', pure: true },
  Q4_K: { type: 'Q4_K_M', pure: true },
  Q4_K_M: { type: 'Q4_K_M', pure: false },
  Q8_0: { type: 'Q8_0', pure: true },
} as const;

const bench: Bench = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      tokens: { type: 'string', default: '100000' },
      samples: { type: 'string', default: '128' },
      cases: { type: 'string', default: '' },
    },
  });
  if ((values.model === undefined) !== (values.data === undefined)) {
    throw new Error('Give both --model DIRECTORY and --data TEXT of its kind, or neither.');
  }
  const chosen = cases.filter(({ name }) => new RegExp(values.cases).test(name));
  const own = values.model === undefined ? await textModel() : undefined;
  const directory = values.model ?? own!.model;
  const text = await readFile(values.data ?? own!.data, 'utf8');
  const cut = Math.floor(text.length * 0.9);
  const folder = await mkdtemp(join(tmpdir(), 'fts-quality-'));
  const work = { report: () => {}, signal: new AbortController().signal };
  try {
    const model = await openModelDirectory(directory);
    const float = join(folder, 'f32.gguf');
    const tokenizer = Tokenizer.fromFiles(model.tokenizer!);
    await exportGguf(float, { name: 'f32', config: model.config, tokenizer, weights: model.weights, type: 'F32' });
    await model.close();
    const paths = [float];
    const peerNames = [...new Set(chosen.map(({ peer }) => peer))];
    for (const name of peerNames) {
      const path = join(folder, `llama-cpp-${name}.gguf`);
      llamaCppQuantize(float, path, peers[name].type, { pure: peers[name].pure });
      paths.push(path);
    }
    const made = new Map<string, string>();
    for (const [index, { settings }] of chosen.entries()) {
      const known = made.get(JSON.stringify(settings));
      if (known !== undefined) {
        paths.push(known);
        continue;
      }
      const parsed = quantizationSettingsSchema.parse({ ...settings, samples: Number(values.samples) });
      const calibration = [text.slice(0, cut)];
      const output = join(folder, `ours-${index}`);
      const { artifacts } = await quantize({ model: directory, output, settings: parsed, calibration }, work);
      paths.push(artifacts[0]!.path);
      made.set(JSON.stringify(settings), artifacts[0]!.path);
    }
    const windows = { windowTokens: 256, strideTokens: 128, maximumTokens: Number(values.tokens) };
    const [reference, ...measured] = await compareModels(paths, text.slice(cut), windows, work);
    const rows: BenchRow[] = chosen.map(({ name, peer }, index) => {
      const ours = measured[peerNames.length + index]!;
      const theirs = measured[peerNames.indexOf(peer)]!;
      return {
        case: `${name} (${ours.bitsPerWeight.toFixed(2)} bits)`,
        ours: ours.evaluation.perplexity,
        peer: theirs.evaluation.perplexity,
        peerName: `llama.cpp ${peer} (${theirs.bitsPerWeight.toFixed(2)} bits)`,
        unit: 'perplexity',
        ratio: ours.evaluation.perplexity / theirs.evaluation.perplexity,
        higherIsBetter: false,
      };
    });
    const labels = [...peerNames.map((name) => `llama.cpp ${name}`), ...chosen.map(({ name }) => name)];
    const points = measured.map(({ bitsPerWeight, perplexityChange }, index) => ({
      label: labels[index]!,
      bitsPerWeight,
      perplexityChange,
    }));
    await writeFileAtomic(join(import.meta.dirname, 'results', 'quantize-quality.svg'), qualityPlot(points, 'FP32'));
    const percent = (value: number): string => `${(100 * value).toFixed(3)} %`;
    const notes = measured.map(({ perplexityChange, evaluation: { reference: against } }, index) => {
      const agreement = percent(against!.topOneAgreement);
      const error = percent(against!.perplexityChangeError);
      return `${labels[index]}: ${percent(perplexityChange)} ± ${error} over FP32, KL ${against!.meanKlDivergence.toExponential(2)}, first choice equal ${agreement}`;
    });
    const fp32 = reference!.evaluation;
    return {
      rows,
      notes: [
        `FP32 perplexity ${fp32.perplexity.toFixed(4)} over ${fp32.scoredTokens} tokens, windows 256 / 128.`,
        ...notes,
      ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
};

export default bench;
