// A benchmark's levels as a table; for a job that is still under way, how far it is.
connect('fts-benchmark-report', (data) => {
  const report = data.levels ? data : (data.result ?? {});
  if (!Array.isArray(report.levels)) {
    const { stage, done, total } = data.progress ?? {};
    root().replaceChildren(
      element('h1', {}, `${data.operation ?? 'Job'}: ${data.state ?? 'started'}`),
      element('p', {}, stage === undefined ? '' : `${stage} ${done}${total === undefined ? '' : ` of ${total}`}`),
    );
    return;
  }
  const rows = report.levels.map((level) => flat(level));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 10);
  const figure = (value) =>
    typeof value === 'number' ? Number(value.toPrecision(4)).toLocaleString('en') : (value ?? '');
  root().replaceChildren(
    element('h1', {}, `Benchmark of ${report.model ?? 'the server'}`),
    element(
      'table',
      {},
      element('tr', {}, ...columns.map((column) => element('th', {}, column))),
      ...rows.map((row) => element('tr', {}, ...columns.map((column) => element('td', {}, figure(row[column]))))),
    ),
  );
});

function flat(value, prefix = '') {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(flat(inner, `${prefix}${key} `))
        : Array.isArray(inner)
          ? []
          : [[`${prefix}${key}`, inner]],
    ),
  );
}
