import { svgDocument } from '../../drawing/svg-document.ts';
import { svgElement, svgText } from '../../drawing/svg-element.ts';

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
/** Attributes of the smaller grey text. */
export const smallText = { fill: '#555', 'font-size': 11 };
const arrow = { stroke: '#444', 'marker-end': 'url(#arrow)' };
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
    parts.push(svgText({ x: left, y, ...smallText }, note));
    y += 18;
  }
  const spoken = rows.map((row) => `${row.label ?? ''} ${row.boxes.map((box) => box.text).join(', then ')}`.trim());
  return diagramDocument(title, spoken.join('. '), width, y, parts.join('\n'));
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
    const incoming =
      index === 0 ? '' : svgElement('line', { x1: x - gap + 2, y1: middle, x2: x - 4, y2: middle, ...arrow });
    return incoming + drawBox(box, x, y, boxWidth, height);
  });
  if (row.label !== undefined) {
    parts.push(svgText({ x: 8, y: middle + 4, 'font-weight': 'bold' }, row.label));
  }
  if (row.back !== undefined) {
    const from = xOf(row.back.from) + boxWidth / 2;
    const to = xOf(row.back.to) + boxWidth / 2;
    const low = y + height + 16;
    parts.push(
      arrowPath(`M ${from} ${y + height} V ${low} H ${to} V ${y + height + 4}`),
      svgText({ x: (from + to) / 2, y: low + 14, 'text-anchor': 'middle', ...smallText }, row.back.label),
    );
  }
  return parts.join('\n');
}

/** A line with an arrowhead at its end along the path `d`. */
export function arrowPath(d: string): string {
  return svgElement('path', { d, fill: 'none', ...arrow });
}

/** One box with its lines in the middle. */
export function drawBox(box: FlowBox, x: number, y: number, width: number, height: number): string {
  const lines = linesOf(box);
  const texts = lines.map((line, number) => {
    const baseline = y + height / 2 + 4 + (number - (lines.length - 1) / 2) * lineHeight;
    const style = number > 0 ? smallText : {};
    return svgText({ x: x + width / 2, y: baseline, 'text-anchor': 'middle', ...style }, line);
  });
  const frame = { x, y, width, height, rx: 7, fill: tones[box.tone ?? 'plain'], stroke: '#8896a8' };
  return svgElement('rect', frame) + texts.join('');
}

const arrowMarker =
  '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#444"/></marker>';

/** A diagram as a standalone SVG with its title above; `url(#arrow)` draws arrowheads. */
export function diagramDocument(
  title: string,
  description: string,
  width: number,
  height: number,
  content: string,
): string {
  const heading = svgText({ x: 8, y: 24, 'font-size': 15, 'font-weight': 'bold' }, title);
  const head = { title, description, width, height, fontSize: 12.5, definitions: arrowMarker };
  return svgDocument(head, [heading, content]);
}
