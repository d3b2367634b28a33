import { markupText } from '../../text/markup-text.ts';
/** One curve: a line through points, dots at others. */
export interface Series {
  name: string;
  points: readonly Point[];
  dots?: readonly Point[];
}

interface Point {
  x: number;
  y: number;
}

interface ChartOptions {
  /** What is along the lower edge. */
  xTitle: string;
  /** Both axes by powers, where growth is what counts; all values are then above zero. */
  logarithmic?: boolean;
}

const WIDTH = 860;
const HEIGHT = 480;
const MARGIN = { left: 64, right: 20, top: 24, bottom: 48 };
/** Colours that stay apart for most colour-blind readers (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** A chart of several curves as an SVG, each with its name in its colour. */
export function lineChartSvg(series: readonly Series[], { xTitle, logarithmic = false }: ChartOptions): string {
  const all = series.flatMap(({ points, dots = [] }) => [...points, ...dots]);
  const along = axis(
    all.map(({ x }) => x),
    [MARGIN.left, WIDTH - MARGIN.right],
    logarithmic,
  );
  const up = axis(
    all.map(({ y }) => y),
    [HEIGHT - MARGIN.bottom, MARGIN.top],
    logarithmic,
  );
  const drawn = series.map(({ name, points, dots = [] }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const line = points.map(({ x, y }) => `${along.place(x)},${up.place(y)}`).join(' ');
    const circles = dots.map(
      ({ x, y }) => `<circle cx="${along.place(x)}" cy="${up.place(y)}" r="4" fill="${colour}"/>`,
    );
    const label = `<text x="${WIDTH - MARGIN.right}" y="${MARGIN.top + 18 * index}" fill="${colour}" text-anchor="end">${markupText(name)}</text>`;
    return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>${circles.join('')}${label}`;
  });
  const levels = up.ticks.map(
    (value) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${up.place(value)}" y2="${up.place(value)}" stroke="#ddd"/>` +
      `<text x="${MARGIN.left - 8}" y="${Number(up.place(value)) + 4}" text-anchor="end">${shown(value)}</text>`,
  );
  const places = along.ticks.map(
    (value) =>
      `<text x="${along.place(value)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${shown(value)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...levels,
    ...places,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">${markupText(xTitle)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

interface Axis {
  /** The coordinate of a value, as it stands in the drawing. */
  place(value: number): string;
  ticks: readonly number[];
}

/** Linear axes begin at zero or below, so that heights may be compared. */
function axis(values: readonly number[], [start, end]: readonly [number, number], logarithmic: boolean): Axis {
  const of = logarithmic ? Math.log : (value: number) => value;
  const low = logarithmic ? Math.min(...values) : Math.min(...values, 0);
  const high = Math.max(...values, low + (logarithmic ? low : 0.1));
  const place = (value: number): string =>
    (start + ((of(value) - of(low)) / (of(high) - of(low))) * (end - start)).toFixed(1);
  return { place, ticks: logarithmic ? powersOfTwo(low, high) : roundNumbers(low, high) };
}

/** About five round numbers between two others. */
function roundNumbers(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

function powersOfTwo(low: number, high: number): number[] {
  const found: number[] = [];
  for (let value = 2 ** Math.ceil(Math.log2(low)); value <= high; value *= 2) found.push(value);
  return found;
}

const shown = (value: number): number => Number(value.toFixed(3));
