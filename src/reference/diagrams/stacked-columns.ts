import { escapeXml, svgDocument } from './flow-diagram.ts';

export interface Column {
  label: string;
  parts: readonly { label: string; value: number; colour: string }[];
}

/** Stacked columns to one scale, with the parts named beside them. */
export function stackedColumns(title: string, unit: string, columns: readonly Column[]): string {
  const most = Math.max(...columns.map((column) => column.parts.reduce((sum, part) => sum + part.value, 0)));
  const height = 300;
  const plot = 220;
  const content = columns.map((column, index) => {
    const x = 40 + index * 260;
    let y = 40 + plot;
    const parts = column.parts.map((part) => {
      const tall = (part.value / most) * plot;
      y -= tall;
      return `<rect x="${x}" y="${y}" width="70" height="${tall}" fill="${part.colour}" stroke="#fff"/><text x="${x + 80}" y="${y + tall / 2 + 4}">${escapeXml(`${part.label}: ${part.value} ${unit}`)}</text>`;
    });
    return `${parts.join('')}<text x="${x + 35}" y="${40 + plot + 20}" text-anchor="middle" font-weight="bold">${escapeXml(column.label)}</text>`;
  });
  const spoken = columns.map(
    (column) => `${column.label}: ${column.parts.map((part) => `${part.label} ${part.value}`).join(', ')}`,
  );
  return svgDocument(title, spoken.join('. '), 40 + columns.length * 260, height, content.join('\n'));
}
