const figure = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)).toLocaleString('en') : '');
const spread = (values) => (values === undefined ? '' : `${figure(values.p50)} / ${figure(values.p99)}`);

const columns = [
  ['load', ({ load }) => (load.kind === 'concurrency' ? `${load.value} in flight` : `${load.value} a second`)],
  ['requests', ({ requests, failed }) => (failed > 0 ? `${requests}, ${failed} failed` : requests)],
  ['TTFT ms, p50 / p99', ({ ttftMs }) => spread(ttftMs)],
  ['ITL ms, p50 / p99', ({ itlMs }) => spread(itlMs)],
  ['E2E ms, p50 / p99', ({ e2eMs }) => spread(e2eMs)],
  ['tok/s out', ({ outputTokensPerSecond }) => figure(outputTokensPerSecond)],
  ['requests/s', ({ requestsPerSecond }) => figure(requestsPerSecond)],
];

/** A benchmark's levels, one a row. */
export function showReport({ model, url, levels }) {
  show(
    element('h1', {}, `Benchmark of ${model ?? 'the server'}${url === undefined ? '' : ` at ${url}`}`),
    element(
      'table',
      {},
      element('tr', {}, ...columns.map(([name]) => element('th', {}, name))),
      ...levels.map((level) => element('tr', {}, ...columns.map(([, cell]) => element('td', {}, cell(level))))),
    ),
  );
}
