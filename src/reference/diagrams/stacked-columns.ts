import { markupText } from '../../text/markup-text.ts';
import { svgDocument } from './flow-diagram.ts';

export interface Column {
  label: string;
  parts: readonly { label: string; value: number; colour: string }[];
}

/** Stacked columns on a common scale, with each part labelled and a note under the title. */
export function stackedColumns(title: string, note: string, unit: string, columns: readonly Column[]): string {
  const most = Math.max(...columns.map((column) => column.parts.reduce((sum, part) => sum + part.value, 0)));
  const top = 58;
  const height = 310;
  const plot = 220;
  const content = columns.map((column, index) => {
    const x = 40 + index * 260;
    let y = top + plot;
    const parts = column.parts.map((part) => {
      const tall = (part.value / most) * plot;
      y -= tall;
      return `<rect x="${x}" y="${y}" width="70" height="${tall}" fill="${part.colour}" stroke="#fff"/><text x="${x + 80}" y="${y + tall / 2 + 4}">${markupText(`${part.label}: ${part.value} ${unit}`)}</text>`;
    });
    return `${parts.join('')}<text x="${x + 35}" y="${top + plot + 20}" text-anchor="middle" font-weight="bold">${markupText(column.label)}</text>`;
  });
  const spoken = columns.map(
    (column) => `${column.label}: ${column.parts.map((part) => `${part.label} ${part.value}`).join(', ')}`,
  );
  content.push(`<text x="8" y="43" fill="#555">${markupText(note)}</text>`);
  return svgDocument(title, spoken.join('. '), 40 + columns.length * 260, height, content.join('\n'));
}
