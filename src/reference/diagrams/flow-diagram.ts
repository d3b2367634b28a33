/** A box of a flow diagram; `tone` marks what a reader should tell apart at a glance. */
interface FlowBox {
  text: string;
  detail?: string;
  tone?: 'plain' | 'read' | 'write' | 'person';
}

export interface FlowRow {
  label?: string;
  boxes: readonly FlowBox[];
  /** An arrow from the last box back to the box of this index. */
  backTo?: number;
  backLabel?: string;
}

const boxWidth = 128;
const boxHeight = 46;
const gap = 34;
const rowHeight = 104;
const tones = { plain: '#eef2f7', read: '#d9ecff', write: '#ffe3cc', person: '#dff5e1' };

/** Rows of boxes joined by arrows, as a standalone SVG document with a text alternative. */
export function flowDiagram(title: string, rows: readonly FlowRow[]): string {
  const most = Math.max(...rows.map((row) => row.boxes.length));
  const left = rows.some((row) => row.label !== undefined) ? 104 : 16;
  const width = left + most * boxWidth + (most - 1) * gap + 16;
  const height = 40 + rows.length * rowHeight;
  const parts = rows.map((row, index) => drawRow(row, left, 48 + index * rowHeight));
  const spoken = rows.map((row) => `${row.label ?? ''} ${row.boxes.map((box) => box.text).join(', then ')}`.trim());
  return svgDocument(title, spoken.join('. '), width, height, parts.join('\n'));
}

function drawRow(row: FlowRow, left: number, y: number): string {
  const xOf = (index: number) => left + index * (boxWidth + gap);
  const middle = y + boxHeight / 2;
  const parts = row.boxes.map((box, index) => {
    const x = xOf(index);
    const lines = box.detail === undefined ? [box.text] : [box.text, box.detail];
    const texts = lines.map(
      (line, number) =>
        `<text x="${x + boxWidth / 2}" y="${middle + 4 + (number - (lines.length - 1) / 2) * 15}" text-anchor="middle"${number > 0 ? ' fill="#555" font-size="10.5"' : ''}>${escapeXml(line)}</text>`,
    );
    const arrow =
      index === 0
        ? ''
        : `<line x1="${x - gap + 2}" y1="${middle}" x2="${x - 4}" y2="${middle}" stroke="#444" marker-end="url(#arrow)"/>`;
    return `${arrow}<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="7" fill="${tones[box.tone ?? 'plain']}" stroke="#8896a8"/>${texts.join('')}`;
  });
  if (row.label !== undefined) {
    parts.push(`<text x="8" y="${middle + 4}" font-weight="bold">${escapeXml(row.label)}</text>`);
  }
  if (row.backTo !== undefined) {
    const from = xOf(row.boxes.length - 1) + boxWidth / 2;
    const to = xOf(row.backTo) + boxWidth / 2;
    const low = y + boxHeight + 22;
    parts.push(
      `<path d="M ${from} ${y + boxHeight} V ${low} H ${to} V ${y + boxHeight + 4}" fill="none" stroke="#444" marker-end="url(#arrow)"/>`,
      `<text x="${(from + to) / 2}" y="${low - 5}" text-anchor="middle" fill="#555" font-size="10.5">${escapeXml(row.backLabel ?? '')}</text>`,
    );
  }
  return parts.join('\n');
}

/** Wraps drawing into a document that scales, reads aloud and needs nothing else. */
export function svgDocument(
  title: string,
  description: string,
  width: number,
  height: number,
  content: string,
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="12.5">
<title>${escapeXml(title)}</title>
<desc>${escapeXml(description)}</desc>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#444"/></marker></defs>
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="24" font-size="15" font-weight="bold">${escapeXml(title)}</text>
${content}
</svg>
`;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
