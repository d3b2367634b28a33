// How does a training step grow with context, width and layers? Step time and activation memory of a small Llama, one
// dimension at a time, beside what the count of operations predicts from the first point of each line. Draws the times
// into bench/results/train-scaling.svg and .png.
// npm run bench -- train-scaling [--rounds N]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineChartSvg, type Series } from '../src/drawing/line-chart.ts';
import { trainingGraph } from '../src/model/architectures/training-graph.ts';
import { familyOf } from '../src/model/families/index.ts';
import { svgToPng } from '../src/runtime/svg-to-png.ts';
import { median } from '../src/statistics/distribution.ts';
import { writeFileAtomic } from '../src/store/atomic-file.ts';
import { peakActivationBytes } from '../src/tensor/liveness.ts';
import { trainingFlopsPerToken } from '../src/training/run/flops.ts';
import type { Bench, BenchRow } from './bench.ts';
import { llamaShape } from './support/llama-shape.ts';
import { trainingSteps } from './support/training-steps.ts';

interface Point {
  length: number;
  width: number;
  layers: number;
}

const start: Point = { length: 128, width: 128, layers: 4 };
const TOKENS = 1024;
const lines: Record<string, Point[]> = {
  context: [128, 256, 512, 1024].map((length) => ({ ...start, length })),
  width: [128, 256, 512].map((width) => ({ ...start, width })),
  layers: [4, 8, 16].map((layers) => ({ ...start, layers })),
};

const bench: Bench = async (args) => {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  const series: Series[] = [];
  for (const [line, points] of Object.entries(lines)) {
    let perFlop: number | undefined;
    const curve: { x: number; y: number }[] = [];
    const predicted: { x: number; y: number }[] = [];
    for (const [index, point] of points.entries()) {
      const { milliseconds, flops, activations } = await measure(point, Number(values.rounds));
      perFlop ??= milliseconds / flops;
      const name = `${line}: ${point.layers} layers, width ${point.width}, context ${point.length}`;
      rows.push({
        case: name,
        ours: milliseconds,
        peer: perFlop * flops,
        peerName: 'growth of the operations',
        unit: 'ms/step',
        ratio: milliseconds / (perFlop * flops),
        higherIsBetter: false,
      });
      notes.push(`${name}: ${(activations / 1e6).toFixed(1)} MB of activations`);
      curve.push({ x: 2 ** index, y: milliseconds });
      predicted.push({ x: 2 ** index, y: perFlop * flops });
    }
    series.push({ name: `${line} (dots: as the operations grow)`, points: curve, dots: predicted });
  }
  const drawing = join(import.meta.dirname, 'results', 'train-scaling');
  const title = `times the start of ${start.layers} layers, width ${start.width}, context ${start.length} (up: ms a step of ${TOKENS} tokens)`;
  const svg = lineChartSvg(series, {
    title: 'Time of a training step by model size',
    xTitle: title,
    logarithmic: true,
  });
  await writeFileAtomic(`${drawing}.svg`, svg);
  await writeFileAtomic(`${drawing}.png`, await svgToPng(svg));
  return { rows, notes: [`${TOKENS} tokens a step; drawn in ${drawing}.png.`, ...notes] };
};

export default bench;

async function measure({ length, width, layers }: Point, rounds: number) {
  const heads = width / 32;
  const config = llamaShape(layers, width, {
    vocabSize: 512,
    heads,
    kvHeads: heads,
    headDim: 32,
    ffnWidth: width * 3,
    contextLength: length,
    tiedEmbeddings: true,
  });
  const specs = familyOf(config).parameters(config);
  const shape = { batch: TOKENS / length, length };
  const steps = await trainingSteps(config, shape);
  await steps.run(2);
  const times = await steps.run(rounds);
  await steps.close();
  return {
    milliseconds: median(times),
    flops: trainingFlopsPerToken(config, specs, length) * TOKENS,
    activations: peakActivationBytes(trainingGraph(config, specs, { ...shape, packed: false }).graph),
  };
}
