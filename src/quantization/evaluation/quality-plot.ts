import { markupText } from '../../text/markup-text.ts';
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
  const horizontal = range(points.map(({ bitsPerWeight }) => bitsPerWeight));
  const vertical = range([0, ...points.map(({ perplexityChange }) => 100 * perplexityChange)]);
  const x = (value: number): number =>
    margin.left +
    ((value - horizontal.from) / (horizontal.to - horizontal.from)) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height -
    margin.bottom -
    ((value - vertical.from) / (vertical.to - vertical.from)) * (height - margin.top - margin.bottom);
  const text = (left: number, top: number, content: string, anchor = 'start'): string =>
    `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" text-anchor="${anchor}">${markupText(content)}</text>`;
  const ticks = (from: number, to: number): number[] =>
    Array.from({ length: 6 }, (_, i) => from + ((to - from) * i) / 5);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...ticks(horizontal.from, horizontal.to).map((tick) =>
      text(x(tick), height - margin.bottom + 18, tick.toFixed(2), 'middle'),
    ),
    ...ticks(vertical.from, vertical.to).flatMap((tick) => [
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#ddd"/>`,
      text(margin.left - 8, y(tick) + 4, `${tick.toFixed(2)} %`, 'end'),
    ]),
    text((margin.left + width - margin.right) / 2, height - 10, 'bits per weight, scales included', 'middle'),
    text(8, 16, `perplexity increase over ${reference}`),
    ...points.flatMap(({ label, bitsPerWeight, perplexityChange }) => [
      `<circle cx="${x(bitsPerWeight).toFixed(1)}" cy="${y(100 * perplexityChange).toFixed(1)}" r="4" fill="#0b6"/>`,
      text(x(bitsPerWeight) + 8, y(100 * perplexityChange) + 4, label),
    ]),
    '</svg>',
    '',
  ].join('\n');
}

function range(values: readonly number[]): { from: number; to: number } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const slack = 0.05 * (most - least) || 1;
  return { from: least - slack, to: most + slack };
}
