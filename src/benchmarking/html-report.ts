import { lineChartSvg, type Series } from '../drawing/line-chart.ts';
import type { Distribution } from '../statistics/distribution.ts';
import { markupText } from '../text/markup-text.ts';
import type { ServingBenchmark } from './benchmark-serving.ts';
import type { LevelSummary } from './level-summary.ts';
import type { Roofline } from './roofline.ts';

const PERCENTILES = ['p50', 'p90', 'p99'] as const;
const COLORS = { p50: '#1a7f37', p90: '#9a6700', p99: '#cf222e' };

/** The benchmark as one HTML file without scripts: plots over the load, a table, the settings, the definitions. */
export function htmlReport(benchmark: ServingBenchmark, bound?: Roofline): string {
  const { levels } = benchmark;
  const kinds = [...new Set(levels.map((level) => level.load.kind))];
  const sections = kinds.map((kind) => {
    const own = levels.filter((level) => level.load.kind === kind);
    const unit = kind === 'concurrency' ? 'requests in flight' : 'requests arriving per second';
    return `<h2>${unit}</h2><div class="plots">${plots(own, unit)}</div>${table(own)}`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Serving benchmark of ${markupText(benchmark.model)}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328 }
table { border-collapse: collapse; margin: 1rem 0 } td, th { border: 1px solid #d1d9e0; padding: .25rem .6rem; text-align: right }
.plots { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0 } figcaption { text-align: center; font-weight: 600 }
svg text { font-size: 11px } pre { background: #f6f8fa; padding: 1rem; overflow: auto }
</style>
<h1>Serving benchmark of ${markupText(benchmark.model)}</h1>
<p>${markupText(benchmark.url)}, ${markupText(benchmark.startedAt)}</p>
${bound === undefined ? '' : rooflineText(bound)}
${sections.join('\n')}
<h2>Definitions</h2>
<p>As in NVIDIA AIPerf. TTFT: request sent to first content. ITL: time between successive content chunks. TPOT: (E2E − TTFT) / (output tokens − 1), per request. E2E: request sent to last byte. Throughput and QPS: over the time from the first request sent to the last answer. Goodput: requests per second that meet every target. Percentiles by linear interpolation.</p>
<h2>Settings</h2><pre>${markupText(JSON.stringify(benchmark.settings, null, 2))}</pre>
</html>
`;
}

function plots(levels: readonly LevelSummary[], unit: string): string {
  const spread = (title: string, read: (level: LevelSummary) => Distribution | undefined) =>
    plot(
      title,
      unit,
      PERCENTILES.map((name) => {
        const points = levels.flatMap((level) => {
          const values = read(level);
          return values === undefined ? [] : [{ x: level.load.value, y: values[name] }];
        });
        return { name, colour: COLORS[name], points, dots: points };
      }),
    );
  const single = (title: string, read: (level: LevelSummary) => number | undefined) => {
    const points = levels.flatMap((level) => {
      const y = read(level);
      return y === undefined ? [] : [{ x: level.load.value, y }];
    });
    return points.length === 0 ? '' : plot(title, unit, [{ points, dots: points }]);
  };
  return [
    spread('TTFT, ms', (level) => level.ttftMs),
    spread('ITL, ms', (level) => level.itlMs),
    spread('E2E, ms', (level) => level.e2eMs),
    single('output, tok/s', (level) => level.outputTokensPerSecond),
    single('requests per second', (level) => level.requestsPerSecond),
    single('goodput, requests per second', (level) => level.goodputPerSecond),
  ].join('');
}

function plot(title: string, xTitle: string, series: readonly Series[]): string {
  const chart = lineChartSvg(series, { title, xTitle, names: 'left', width: 420, height: 240 });
  return `<figure><figcaption>${title}</figcaption>${chart}</figure>`;
}

function table(levels: readonly LevelSummary[]): string {
  const head = ['load', 'requests', 'failed', 'TTFT p50 / p90 / p99', 'ITL p50 / p90 / p99', 'TPOT p50 / p99'];
  const more = ['E2E p50 / p99', 'tok/s in', 'tok/s out', 'QPS', 'goodput'];
  const spread = (values: Distribution | undefined, names: readonly ('p50' | 'p90' | 'p99')[]) =>
    values === undefined ? '-' : names.map((name) => figure(values[name])).join(' / ');
  const rows = levels.map((level) => [
    figure(level.load.value),
    String(level.requests),
    String(level.failed),
    spread(level.ttftMs, PERCENTILES),
    spread(level.itlMs, PERCENTILES),
    spread(level.tpotMs, ['p50', 'p99']),
    spread(level.e2eMs, ['p50', 'p99']),
    figure(level.inputTokensPerSecond),
    figure(level.outputTokensPerSecond),
    figure(level.requestsPerSecond),
    level.goodputPerSecond === undefined ? '-' : figure(level.goodputPerSecond),
  ]);
  const cells = (tag: string, values: readonly string[]) => values.map((value) => `<${tag}>${value}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('');
  return `<table><thead><tr>${cells('th', [...head, ...more])}</tr></thead><tbody>${body}</tbody></table>`;
}

function rooflineText(bound: Roofline): string {
  const gigabytes = (bytes: number) => (bytes / 1e9).toPrecision(3);
  return `<p>Roofline of one stream: ${gigabytes(bound.memoryBytesPerSecond)} GB/s of memory over ${gigabytes(bound.bytesPerToken)} GB a token allow ${figure(bound.limitTokensPerSecond)} tok/s; measured ${figure(bound.measuredTokensPerSecond)} tok/s, ${(bound.share * 100).toFixed(0)} % of it.</p>`;
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}
