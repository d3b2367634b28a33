import { svgText } from '../../drawing/svg-element.ts';
import { arrowPath, diagramDocument, drawBox, smallText } from './flow-diagram.ts';

/**
 * Draws LoRA: the input goes through the frozen matrix and through the two narrow trained ones; the results are added.
 */
export function loraDiagram(): string {
  const content = [
    drawBox({ text: 'input' }, 16, 92, 100, 44),
    drawBox({ text: 'W', detail: ['frozen', 'wide × wide'], tone: 'read' }, 210, 44, 160, 62),
    drawBox({ text: 'A', detail: 'wide to rank', tone: 'write' }, 176, 150, 100, 44),
    drawBox({ text: 'B', detail: 'rank to wide', tone: 'write' }, 304, 150, 100, 44),
    drawBox({ text: '+' }, 470, 94, 44, 40),
    drawBox({ text: 'output' }, 566, 92, 100, 44),
    arrowPath('M 116 108 H 150 V 75 H 206'),
    arrowPath('M 116 120 H 150 V 172 H 172'),
    arrowPath('M 276 172 H 300'),
    arrowPath('M 370 75 H 440 V 106 H 466'),
    arrowPath('M 404 172 H 440 V 122 H 466'),
    arrowPath('M 514 114 H 562'),
    svgText({ x: 16, y: 218, ...smallText }, 'blue: read, never changed; orange: trained'),
  ];
  return diagramDocument(
    'A low-rank addition',
    'The input goes through the frozen matrix W and, in parallel, through A and then B, which are trained; both results are added.',
    682,
    230,
    content.join('\n'),
  );
}
