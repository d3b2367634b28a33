import { svgElement, svgText } from '../../drawing/svg-element.ts';
import { diagramDocument } from './flow-diagram.ts';

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
      const box = { x, y, width: 70, height: tall, fill: part.colour, stroke: '#fff' };
      const label = svgText({ x: x + 80, y: y + tall / 2 + 4 }, `${part.label}: ${part.value} ${unit}`);
      return svgElement('rect', box) + label;
    });
    const name = { x: x + 35, y: top + plot + 20, 'text-anchor': 'middle', 'font-weight': 'bold' };
    return parts.join('') + svgText(name, column.label);
  });
  const spoken = columns.map(
    (column) => `${column.label}: ${column.parts.map((part) => `${part.label} ${part.value}`).join(', ')}`,
  );
  content.push(svgText({ x: 8, y: 43, fill: '#555' }, note));
  return diagramDocument(title, spoken.join('. '), 40 + columns.length * 260, height, content.join('\n'));
}
