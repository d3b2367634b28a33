import { extname } from 'node:path';
import { lineChartSvg } from '../../drawing/line-chart.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { svgToPng } from '../../runtime/svg-to-png.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import type { MetricsLine } from './metrics-log.ts';

/** One run's curve in a drawing. */
export interface Curve {
  name: string;
  lines: readonly MetricsLine[];
}

/** Most points of a curve; more would not be visible. */
const MOST_POINTS = 400;

/** Loss by step as an SVG: training losses as lines (averaged if there are many), validation losses as dots. */
export function lossCurveSvg(curves: readonly Curve[]): string {
  const series = curves.map(({ name, lines }) => ({
    name,
    points: averaged(lines),
    dots: lines.flatMap(({ step, validationLoss }) =>
      validationLoss === undefined ? [] : [{ x: step, y: validationLoss }],
    ),
  }));
  return lineChartSvg(series, {
    title: 'Loss by step',
    xTitle: 'step (line: training loss, dots: validation loss; nats per token)',
  });
}

/** Writes loss curves as an SVG or a PNG, depending on the extension of the path. */
export async function writeLossCurve(path: string, curves: readonly Curve[]): Promise<void> {
  await writeFileAtomic(path, await drawLossCurve(path, curves));
}

/** Draws loss curves as an SVG or a PNG, depending on the extension of the name. */
export async function drawLossCurve(name: string, curves: readonly Curve[]): Promise<string | Uint8Array> {
  const svg = lossCurveSvg(curves);
  switch (extname(name).toLowerCase()) {
    case '.svg':
      return svg;
    case '.png':
      return svgToPng(svg);
    default:
      throw new FtsError('invalid-input', `A plot must be an .svg or a .png file, not ${name}.`, {
        field: 'plot',
        value: name,
        remedy: 'Give a name that ends in .svg or .png.',
      });
  }
}

/** Averages the losses over equal ranges of steps. */
function averaged(lines: readonly MetricsLine[]): { x: number; y: number }[] {
  const size = Math.ceil(lines.length / MOST_POINTS);
  const means: { x: number; y: number }[] = [];
  for (let from = 0; from < lines.length; from += size) {
    const part = lines.slice(from, from + size);
    means.push({ x: part.at(-1)!.step, y: part.reduce((sum, { loss }) => sum + loss, 0) / part.length });
  }
  return means;
}
