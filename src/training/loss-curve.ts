import type { MetricsLine } from './metrics-log.ts';

/** One run's curve in a drawing. */
export interface Curve {
  name: string;
  lines: readonly MetricsLine[];
}

const WIDTH = 860;
const HEIGHT = 480;
const MARGIN = { left: 64, right: 20, top: 24, bottom: 48 };
/** Colours that stay apart for most colour-blind readers (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
/** Points of a training curve at the most: more than the pixels show. */
const MOST_POINTS = 400;

/** Loss by step as an SVG: training losses as lines, averaged where there are many, validation losses as dots. */
export function lossCurveSvg(curves: readonly Curve[]): string {
  const all = curves.flatMap(({ lines }) =>
    lines.flatMap(({ loss, validationLoss }) => [loss, validationLoss ?? loss]),
  );
  const lastStep = Math.max(1, ...curves.flatMap(({ lines }) => lines.at(-1)?.step ?? 1));
  const [low, high] = [Math.min(...all, 0), Math.max(...all, 0.1)];
  const x = (step: number): number => MARGIN.left + (step / lastStep) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (loss: number): number =>
    HEIGHT - MARGIN.bottom - ((loss - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (step: number, loss: number): string => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`;
  const drawn = curves.map(({ name, lines }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const points = averaged(lines).map(({ step, loss }) => at(step, loss));
    const dots = lines.flatMap(({ step, validationLoss }) => {
      if (validationLoss === undefined) return [];
      const [cx, cy] = at(step, validationLoss).split(',');
      return [`<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`];
    });
    const label = `<text x="${WIDTH - MARGIN.right}" y="${MARGIN.top + 18 * index}" fill="${colour}" text-anchor="end">${escaped(name)}</text>`;
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}${label}`;
  });
  const rules = ticks(low, high).map(
    (loss) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(loss)}" y2="${y(loss)}" stroke="#ddd"/>` +
      `<text x="${MARGIN.left - 8}" y="${y(loss) + 4}" text-anchor="end">${Number(loss.toFixed(3))}</text>`,
  );
  const steps = ticks(0, lastStep).map(
    (step) => `<text x="${x(step)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${step}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...rules,
    ...steps,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">step (line: training loss, dots: validation loss; nats per token)</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** Means of equal runs of steps. */
function averaged(lines: readonly MetricsLine[]): { step: number; loss: number }[] {
  const size = Math.ceil(lines.length / MOST_POINTS);
  const means: { step: number; loss: number }[] = [];
  for (let from = 0; from < lines.length; from += size) {
    const part = lines.slice(from, from + size);
    means.push({
      step: part.at(-1)!.step,
      loss: part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
    });
  }
  return means;
}

/** About five round numbers between two others. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
