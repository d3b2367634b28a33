import { seriesColour } from '../../drawing/palette.ts';
import { svgDocument } from '../../drawing/svg-document.ts';
import { svgElement, svgText, tenth } from '../../drawing/svg-element.ts';
import { markupText } from '../../text/markup-text.ts';
import type { MemoryPart } from './plan-answer.ts';
import { bytesText } from './quantity-text.ts';

export interface Bar {
  label: string;
  parts: readonly MemoryPart[];
  /** Usable memory of the machine, drawn as a line. */
  usableBytes: number;
}

const width = 760;
const left = 190;
const plot = width - left - 110;
const top = 58;
const rowHeight = 34;

/** Stacked memory bars on a common scale as a standalone SVG document, with a legend and a text alternative. */
export function memoryBarsSvg(title: string, bars: readonly Bar[]): string {
  const unitsPerByte = plot / Math.max(...bars.map((bar) => Math.max(bar.usableBytes, totalOf(bar))));
  const labels = [...new Set(bars.flatMap((bar) => bar.parts.map((part) => part.label)))];
  const colourOf = (label: string) => seriesColour(labels.indexOf(label));
  const height = top + rowHeight * bars.length + 20;
  return svgDocument({ title, width, height, fontSize: 12 }, [
    svgText({ x: 12, y: 20, 'font-size': 14, 'font-weight': 'bold' }, title),
    ...legend(labels, colourOf),
    ...bars.flatMap((bar, row) => drawBar(bar, top + row * rowHeight, unitsPerByte, colourOf)),
  ]);
}

function legend(labels: readonly string[], colourOf: (label: string) => string): string[] {
  let x = left;
  return labels.map((label) => {
    const box = svgElement('rect', { x, y: 32, width: 12, height: 12, fill: colourOf(label) });
    const item = box + svgText({ x: x + 16, y: 42 }, label);
    x += 30 + label.length * 7;
    return item;
  });
}

function drawBar(bar: Bar, y: number, unitsPerByte: number, colourOf: (label: string) => string): string[] {
  let x = left;
  const boxes = bar.parts.map(({ label, bytes }) => {
    const span = bytes * unitsPerByte;
    const tooltip = svgElement('title', {}, markupText(`${label}: ${bytesText(bytes)}`));
    const place = { x: tenth(x), y, width: tenth(span), height: 20, fill: colourOf(label) };
    x += span;
    return svgElement('rect', place, tooltip);
  });
  const end = left + bar.usableBytes * unitsPerByte;
  const fits = totalOf(bar) <= bar.usableBytes;
  const limit = { x1: tenth(end), y1: y - 4, x2: tenth(end), y2: y + 24, stroke: '#222' };
  return [
    svgText({ x: left - 8, y: y + 15, 'text-anchor': 'end' }, bar.label),
    ...boxes,
    svgElement('line', { ...limit, 'stroke-width': 2 }),
    svgText({ x: tenth(Math.max(x, end) + 6), y: y + 15 }, `${bytesText(totalOf(bar))}${fits ? '' : ' ✗'}`),
  ];
}

function totalOf(bar: Bar): number {
  return bar.parts.reduce((sum, part) => sum + part.bytes, 0);
}
