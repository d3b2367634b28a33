// Quantizes a model in a process of its own and prints what it took, so that its peak memory is its own.
// tsx bench/support/quantize-once.ts '{"model": "DIR", "output": "DIR", "settings": {…}}'
import { cpus } from 'node:os';
import { openModelDirectory } from '../../src/model/model-directory.ts';
import { quantize } from '../../src/quantization/quantize.ts';
import { quantizationSettingsSchema } from '../../src/quantization/settings.ts';

const { model, output, settings } = JSON.parse(process.argv[2]!);
const { config, close } = await openModelDirectory(model);
await close();
const tokens = Int32Array.from({ length: 65_536 }, (_, i) => (Math.imul(i, 2654435761) >>> 8) % config.vocabSize);
const parsed = quantizationSettingsSchema.parse(settings);
const work = { report: () => {}, signal: new AbortController().signal };
const { seconds, artifacts } = await quantize({ model, output, settings: parsed, calibration: { tokens } }, work);
const files = Object.fromEntries(artifacts.map(({ format, bytes }) => [format, bytes]));
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds, peakBytes, files, cores: cpus().length }));
process.exit(0);
