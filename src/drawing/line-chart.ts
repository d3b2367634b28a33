import { type Axis, linearAxis, logarithmicAxis, tickLabel } from './axis.ts';
import { seriesColour } from './palette.ts';
import { svgDocument } from './svg-document.ts';
import { svgElement, svgText, tenth } from './svg-element.ts';

/** One curve: a line through points, dots at others. */
export interface Series {
  /** Written in the curve's colour; an only curve needs none. */
  name?: string;
  colour?: string;
  points: readonly Point[];
  dots?: readonly Point[];
}

interface Point {
  x: number;
  y: number;
}

interface ChartOptions {
  /** For screen readers. */
  title: string;
  /** What is along the lower edge. */
  xTitle: string;
  /** Both axes by powers, where growth is what counts; all values are then above zero. */
  logarithmic?: boolean;
  /** The upper corner where the names stand: the one that the curves leave free. */
  names?: 'left' | 'right';
  width?: number;
  height?: number;
}

const MARGIN = { left: 64, right: 20, top: 24, bottom: 48 };

/** A chart of several curves as an SVG, each with its name in its colour. */
export function lineChartSvg(series: readonly Series[], options: ChartOptions): string {
  const { title, xTitle, logarithmic = false, names = 'right', width = 860, height = 480 } = options;
  const right = width - MARGIN.right;
  const corner = names === 'right' ? { x: right, 'text-anchor': 'end' } : { x: MARGIN.left + 8 };
  const all = series.flatMap(({ points, dots = [] }) => [...points, ...dots]);
  const along = axisOf(
    all.map(({ x }) => x),
    [MARGIN.left, right],
    logarithmic,
  );
  const up = axisOf(
    all.map(({ y }) => y),
    [height - MARGIN.bottom, MARGIN.top],
    logarithmic,
  );
  const curves = series.map(({ name, colour: own, points, dots = [] }, index) => {
    const colour = own ?? seriesColour(index);
    const line = points.map(({ x, y }) => `${tenth(along.place(x))},${tenth(up.place(y))}`).join(' ');
    const circles = dots.map(({ x, y }) =>
      svgElement('circle', { cx: tenth(along.place(x)), cy: tenth(up.place(y)), r: 4, fill: colour }),
    );
    const label = { y: MARGIN.top + 18 * index, fill: colour, ...corner };
    return [
      svgElement('polyline', { points: line, fill: 'none', stroke: colour, 'stroke-width': 1.5 }),
      ...circles,
      name === undefined ? '' : svgText(label, name),
    ].join('');
  });
  const content = [
    ...up.ticks.map((tick) => level(tick, tenth(up.place(tick)), right)),
    ...along.ticks.map((tick) =>
      svgText(
        { x: tenth(along.place(tick)), y: height - MARGIN.bottom + 20, 'text-anchor': 'middle' },
        tickLabel(tick),
      ),
    ),
    svgText({ x: width / 2, y: height - 8, 'text-anchor': 'middle' }, xTitle),
    ...curves,
  ];
  return svgDocument({ title, width, height, fontSize: 13 }, content);
}

/** A grey line across the chart with its value on the left. */
function level(value: number, y: string, right: number): string {
  return (
    svgElement('line', { x1: MARGIN.left, x2: right, y1: y, y2: y, stroke: '#ddd' }) +
    svgText({ x: MARGIN.left - 8, y: Number(y) + 4, 'text-anchor': 'end' }, tickLabel(value))
  );
}

/** Linear axes begin at zero or below, so that heights may be compared. */
function axisOf(values: readonly number[], ends: readonly [number, number], logarithmic: boolean): Axis {
  const low = logarithmic ? Math.min(...values) : Math.min(...values, 0);
  const high = Math.max(...values, low + (logarithmic ? low : 0.1));
  return logarithmic ? logarithmicAxis([low, high], ends) : linearAxis([low, high], ends);
}
