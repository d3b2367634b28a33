/** The loss over the steps of a run, training and validation. */
export function showCurve(title, points, note = '') {
  const measured = points.filter(({ loss }) => Number.isFinite(loss));
  if (measured.length === 0) {
    show(element('h1', {}, title), element('p', {}, note || 'No step has been measured yet.'));
    return;
  }
  const width = 600;
  const height = 180;
  const values = measured.flatMap(({ loss, validationLoss }) => [loss, validationLoss]).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [measured[0].step, measured.at(-1).step];
  const at = (step, value) =>
    `${(((step - first) / (last - first || 1)) * (width - 60) + 50).toFixed(1)},${(((high - value) / (high - low || 1)) * (height - 40) + 12).toFixed(1)}`;
  const line = (key, colour) =>
    element('polyline', {
      svg: true,
      points: measured
        .filter((point) => Number.isFinite(point[key]))
        .map((point) => at(point.step, point[key]))
        .join(' '),
      fill: 'none',
      stroke: colour,
      'stroke-width': 2,
    });
  const label = (x, y, text) => element('text', { svg: true, x, y, 'font-size': 11, fill: 'currentColor' }, text);
  const validation = measured.findLast(({ validationLoss }) => Number.isFinite(validationLoss))?.validationLoss;
  show(
    element('h1', {}, title),
    element(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': `Loss from ${measured[0].loss} to ${measured.at(-1).loss}`,
      },
      line('loss', '#388bfd'),
      line('validationLoss', '#d29922'),
      label(4, 16, high.toPrecision(3)),
      label(4, height - 26, low.toPrecision(3)),
      label(50, height - 6, `step ${first}`),
      label(width - 70, height - 6, `step ${last}`),
    ),
    element(
      'p',
      {},
      `Blue: training, last ${measured.at(-1).loss.toPrecision(4)}.`,
      validation === undefined ? '' : ` Yellow: validation, last ${validation.toPrecision(4)}.`,
      note === '' ? '' : ` ${note}`,
    ),
  );
}
