import { markupText } from '../../text/markup-text.ts';

/** A box of a flow diagram; `tone` sets its colour. */
interface FlowBox {
  text: string;
  /** Smaller lines below the text. */
  detail?: string | readonly string[];
  tone?: 'plain' | 'read' | 'write' | 'person';
}

export interface FlowRow {
  label?: string;
  boxes: readonly FlowBox[];
  /** An arrow below the row from one box back to an earlier one, by index. */
  back?: { from: number; to: number; label: string };
}

const boxWidth = 148;
const lineHeight = 15;
const gap = 30;
/** Room below a row without and with an arrow that leads back. */
const rowGap = 22;
const backRoom = 32;
const tones = { plain: '#eef2f7', read: '#d9ecff', write: '#ffe3cc', person: '#dff5e1' };

/** The legend of the colours, for diagrams of weights. */
export const weightTones = 'blue: weights are read, orange: weights are changed';

/**
 * Rows of boxes joined by arrows, as a standalone SVG document with a text alternative; `note` is printed at the
 * bottom.
 */
export function flowDiagram(title: string, rows: readonly FlowRow[], note?: string): string {
  const most = Math.max(...rows.map((row) => row.boxes.length));
  const left = rows.some((row) => row.label !== undefined) ? 104 : 16;
  const width = left + most * boxWidth + (most - 1) * gap + 16;
  let y = 44;
  const parts = rows.map((row) => {
    const drawn = drawRow(row, left, y);
    y += heightOf(row) + rowGap + (row.back === undefined ? 0 : backRoom);
    return drawn;
  });
  if (note !== undefined) {
    parts.push(`<text x="${left}" y="${y}" fill="#555" font-size="11">${markupText(note)}</text>`);
    y += 18;
  }
  const spoken = rows.map((row) => `${row.label ?? ''} ${row.boxes.map((box) => box.text).join(', then ')}`.trim());
  return svgDocument(title, spoken.join('. '), width, y, parts.join('\n'));
}

const linesOf = ({ text, detail = [] }: FlowBox): string[] => [
  text,
  ...(typeof detail === 'string' ? [detail] : detail),
];

function heightOf(row: FlowRow): number {
  return 18 + lineHeight * Math.max(2, ...row.boxes.map((box) => linesOf(box).length));
}

function drawRow(row: FlowRow, left: number, y: number): string {
  const xOf = (index: number) => left + index * (boxWidth + gap);
  const height = heightOf(row);
  const middle = y + height / 2;
  const parts = row.boxes.map((box, index) => {
    const x = xOf(index);
    const arrow =
      index === 0
        ? ''
        : `<line x1="${x - gap + 2}" y1="${middle}" x2="${x - 4}" y2="${middle}" stroke="#444" marker-end="url(#arrow)"/>`;
    return arrow + drawBox(box, x, y, boxWidth, height);
  });
  if (row.label !== undefined) {
    parts.push(`<text x="8" y="${middle + 4}" font-weight="bold">${markupText(row.label)}</text>`);
  }
  if (row.back !== undefined) {
    const from = xOf(row.back.from) + boxWidth / 2;
    const to = xOf(row.back.to) + boxWidth / 2;
    const low = y + height + 16;
    parts.push(
      `<path d="M ${from} ${y + height} V ${low} H ${to} V ${y + height + 4}" fill="none" stroke="#444" marker-end="url(#arrow)"/>`,
      `<text x="${(from + to) / 2}" y="${low + 14}" text-anchor="middle" fill="#555" font-size="11">${markupText(row.back.label)}</text>`,
    );
  }
  return parts.join('\n');
}

/** One box with its lines in the middle. */
export function drawBox(box: FlowBox, x: number, y: number, width: number, height: number): string {
  const lines = linesOf(box);
  const texts = lines.map((line, number) => {
    const baseline = y + height / 2 + 4 + (number - (lines.length - 1) / 2) * lineHeight;
    const small = number > 0 ? ' fill="#555" font-size="11"' : '';
    return `<text x="${x + width / 2}" y="${baseline}" text-anchor="middle"${small}>${markupText(line)}</text>`;
  });
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="${tones[box.tone ?? 'plain']}" stroke="#8896a8"/>${texts.join('')}`;
}

/** Wraps SVG content into a scalable standalone document with a text alternative for screen readers. */
export function svgDocument(
  title: string,
  description: string,
  width: number,
  height: number,
  content: string,
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto" role="img" aria-label="${markupText(title)}" font-family="system-ui, sans-serif" font-size="12.5">
<title>${markupText(title)}</title>
<desc>${markupText(description)}</desc>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#444"/></marker></defs>
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="24" font-size="15" font-weight="bold">${markupText(title)}</text>
${content}
</svg>
`;
}
