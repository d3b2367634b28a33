import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { figure, number } from '../text.ts';

export interface CurvePoint {
  step: number;
  loss: number;
  validationLoss?: number | undefined;
}

const height = 220;

/** Training and validation loss over steps; grows while the run goes on. Logarithmic where the loss falls far. */
export function LossCurve({ points }: { points: readonly CurvePoint[] }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = columns(points);
  const latest = useRef(data);
  latest.current = data;
  const losses = points.map(({ loss }) => loss);
  const isLogarithmic = Math.min(...losses) > 0 && Math.max(...losses) / Math.min(...losses) > 20;

  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(settings(box.current!, isLogarithmic), latest.current, box.current!);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: box.current!.clientWidth, height }));
    resized.observe(box.current!);
    scheme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [isLogarithmic]);
  useEffect(() => plot.current?.setData(data));

  const last = points.at(-1)!;
  const validation = points.findLast(({ validationLoss }) => validationLoss !== undefined)?.validationLoss;
  return (
    <div
      ref={box}
      className="curve"
      role="img"
      aria-label={`Training loss from ${figure(points[0]!.loss)} to ${figure(last.loss)} over ${number(last.step)} steps${validation === undefined ? '' : `, validation loss ${figure(validation)}`}`}
    />
  );
}

function columns(points: readonly CurvePoint[]): uPlot.AlignedData {
  return [
    points.map(({ step }) => step),
    points.map(({ loss }) => loss),
    points.map(({ validationLoss }) => validationLoss ?? null),
  ];
}

function settings(box: HTMLElement, isLogarithmic: boolean): uPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string) => resolved(box, `var(--${name})`);
  const axis = {
    stroke: color('dim'),
    grid: { stroke: color('line'), width: 1 },
    ticks: { stroke: color('line'), width: 1 },
    font: `12px ${style.fontFamily}`,
  };
  const value = (_: uPlot, raw: number | null) => (raw === null ? '–' : figure(raw));
  return {
    width: box.clientWidth,
    height,
    scales: { x: { time: false }, y: isLogarithmic ? { distr: 3 } : {} },
    axes: [
      { ...axis },
      { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : figure(tick, 2))) },
    ],
    series: [
      { label: 'Step' },
      { label: 'Training loss', stroke: color('accent'), width: 1.5, points: { show: false }, value },
      { label: 'Validation loss', stroke: color('good'), width: 1.5, dash: [5, 4], spanGaps: true, value },
    ],
  };
}

/** What a style value comes to: a canvas knows no variables. */
function resolved(box: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
