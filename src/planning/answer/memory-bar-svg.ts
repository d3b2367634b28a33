import { markupText } from '../../text/markup-text.ts';
import type { MemoryPart } from './plan-answer.ts';
import { bytesText } from './quantity-text.ts';

const colours = ['#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#8c564b', '#17becf', '#7f7f7f'];

export interface Bar {
  label: string;
  parts: readonly MemoryPart[];
  /** Usable memory of the machine, drawn as a line. */
  usableBytes: number;
}

/** Stacked memory bars on a common scale as a standalone SVG document, with a legend and a text alternative. */
export function memoryBarsSvg(title: string, bars: readonly Bar[]): string {
  const width = 760;
  const left = 190;
  const plot = width - left - 110;
  const most = Math.max(...bars.map((bar) => Math.max(bar.usableBytes, totalOf(bar))));
  const labels = [...new Set(bars.flatMap((bar) => bar.parts.map((part) => part.label)))];
  const colourOf = (label: string) => colours[labels.indexOf(label) % colours.length]!;
  const top = 58;
  const rowHeight = 34;
  const height = top + rowHeight * bars.length + 20;
  const rows = bars.map((bar, row) => {
    const y = top + row * rowHeight;
    let x = left;
    const boxes = bar.parts.map((part) => {
      const span = (part.bytes / most) * plot;
      const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${span.toFixed(1)}" height="20" fill="${colourOf(part.label)}"><title>${markupText(`${part.label}: ${bytesText(part.bytes)}`)}</title></rect>`;
      x += span;
      return box;
    });
    const end = left + (bar.usableBytes / most) * plot;
    const fits = totalOf(bar) <= bar.usableBytes;
    return [
      `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${markupText(bar.label)}</text>`,
      ...boxes,
      `<line x1="${end.toFixed(1)}" y1="${y - 4}" x2="${end.toFixed(1)}" y2="${y + 24}" stroke="${fits ? '#222' : '#d62728'}" stroke-width="2"/>`,
      `<text x="${Math.max(x, end) + 6}" y="${y + 15}">${bytesText(totalOf(bar))}${fits ? '' : ' ✗'}</text>`,
    ].join('\n');
  });
  let legendX = left;
  const legend = labels.map((label) => {
    const item = `<rect x="${legendX}" y="32" width="12" height="12" fill="${colourOf(label)}"/><text x="${legendX + 16}" y="42">${markupText(label)}</text>`;
    legendX += 30 + label.length * 7;
    return item;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${markupText(title)}" font-family="system-ui, sans-serif" font-size="12">
<title>${markupText(title)}</title>
<text x="12" y="20" font-size="14" font-weight="bold">${markupText(title)}</text>
${legend.join('\n')}
${rows.join('\n')}
</svg>
`;
}

function totalOf(bar: Bar): number {
  return bar.parts.reduce((sum, part) => sum + part.bytes, 0);
}
