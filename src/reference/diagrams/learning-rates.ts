import { svgElement, svgText, tenth } from '../../drawing/svg-element.ts';
import { diagramDocument, smallText } from './flow-diagram.ts';

/** The loss curves of gradient descent on x² with three learning rates from the same start. */
export function learningRatesDiagram(): string {
  const steps = 24;
  const curves = [
    { label: 'too small', rate: 0.01, colour: '#7f7f7f' },
    { label: 'good', rate: 0.15, colour: '#2ca02c' },
    { label: 'too large', rate: 1.02, colour: '#d62728' },
  ].map(({ label, rate, colour }) => {
    let x = 1;
    const losses = Array.from({ length: steps }, () => {
      const loss = x * x;
      x -= rate * 2 * x;
      return loss;
    });
    return { label, colour, losses };
  });
  const most = 3;
  const xOf = (step: number) => 50 + step * 20;
  const yOf = (loss: number) => 240 - (Math.min(loss, most) / most) * 190;
  const content = curves.map(({ label, colour, losses }) => {
    const points = losses.map((loss, step) => `${xOf(step)},${tenth(yOf(loss))}`).join(' ');
    const last = yOf(losses.at(-1)!);
    const curve = svgElement('polyline', { points, fill: 'none', stroke: colour, 'stroke-width': 2 });
    return curve + svgText({ x: xOf(steps - 1) + 8, y: Math.min(last, 234) + 4, fill: colour }, label);
  });
  content.push(
    svgElement('line', { x1: 50, y1: 240, x2: 520, y2: 240, stroke: '#444' }) +
      svgElement('line', { x1: 50, y1: 50, x2: 50, y2: 240, stroke: '#444' }),
    svgText({ x: 50, y: 42, ...smallText }, 'gradient descent on x², from the same start'),
    svgText({ x: 285, y: 262, 'text-anchor': 'middle' }, 'steps') +
      svgText({ x: 20, y: 145, transform: 'rotate(-90 20 145)', 'text-anchor': 'middle' }, 'loss'),
  );
  return diagramDocument(
    'Three learning rates',
    'Loss by step for a rate too small, a good one, and one too large.',
    620,
    275,
    content.join('\n'),
  );
}
