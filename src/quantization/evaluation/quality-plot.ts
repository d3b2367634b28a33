import { linearAxis } from '../../drawing/axis.ts';
import { seriesColour } from '../../drawing/palette.ts';
import { svgDocument } from '../../drawing/svg-document.ts';
import { svgElement, svgText, tenth } from '../../drawing/svg-element.ts';

export interface QualityPoint {
  label: string;
  bitsPerWeight: number;
  /** Relative change of perplexity: 0.01 is 1 % worse. */
  perplexityChange: number;
}

const width = 720;
const height = 420;
const margin = { left: 70, right: 170, top: 24, bottom: 48 };

/**
 * An SVG plot of quality by size: the perplexity increase compared with `reference` by bits per weight, one point per
 * setting.
 */
export function qualityPlot(points: readonly QualityPoint[], reference: string): string {
  const [left, right, low] = [margin.left, width - margin.right, height - margin.bottom];
  const along = linearAxis(range(points.map(({ bitsPerWeight }) => bitsPerWeight)), [left, right]);
  const up = linearAxis(range([0, ...points.map(({ perplexityChange }) => 100 * perplexityChange)]), [low, margin.top]);
  const text = (x: number, y: number, content: string, anchor = 'start'): string =>
    svgText({ x: tenth(x), y: tenth(y), 'text-anchor': anchor }, content);
  const title = `perplexity increase over ${reference}`;
  return svgDocument({ title, width, height, fontSize: 12 }, [
    ...along.ticks.map((tick) => text(along.place(tick), low + 18, tick.toFixed(2), 'middle')),
    ...up.ticks.flatMap((tick) => {
      const y = tenth(up.place(tick));
      return [
        svgElement('line', { x1: left, x2: right, y1: y, y2: y, stroke: '#ddd' }),
        text(left - 8, up.place(tick) + 4, `${tick.toFixed(2)} %`, 'end'),
      ];
    }),
    text((left + right) / 2, height - 10, 'bits per weight, scales included', 'middle'),
    text(8, 16, title),
    ...points.flatMap(({ label, bitsPerWeight, perplexityChange }) => {
      const [x, y] = [along.place(bitsPerWeight), up.place(100 * perplexityChange)];
      return [
        svgElement('circle', { cx: tenth(x), cy: tenth(y), r: 4, fill: seriesColour(2) }),
        text(x + 8, y + 4, label),
      ];
    }),
  ]);
}

/** The values' range with a little room on both sides. */
function range(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const slack = 0.05 * (most - least) || 1;
  return [least - slack, most + slack];
}
