// The loss of a training run over its steps, training and validation.
connect('fts-loss-curve', ({ run, curve = [] }) => {
  const points = curve.filter(({ loss }) => Number.isFinite(loss));
  if (points.length === 0) {
    root().replaceChildren(element('p', {}, 'No step has been measured yet.'));
    return;
  }
  const width = 600;
  const height = 180;
  const steps = points.map(({ step }) => step);
  const values = points.flatMap(({ loss, validationLoss }) => [loss, validationLoss]).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const at = (step, value) =>
    `${(((step - first) / (last - first || 1)) * (width - 60) + 50).toFixed(1)},${(((high - value) / (high - low || 1)) * (height - 40) + 12).toFixed(1)}`;
  const line = (key, colour) =>
    element('polyline', {
      svg: true,
      points: points
        .filter((point) => Number.isFinite(point[key]))
        .map((point) => at(point.step, point[key]))
        .join(' '),
      fill: 'none',
      stroke: colour,
      'stroke-width': 2,
    });
  const label = (x, y, text) => element('text', { svg: true, x, y, 'font-size': 11, fill: 'currentColor' }, text);
  root().replaceChildren(
    element('h1', {}, `Loss of ${run?.model ?? 'the run'}`),
    element(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': `Loss from ${points[0].loss} to ${points.at(-1).loss}`,
      },
      line('loss', '#388bfd'),
      line('validationLoss', '#d29922'),
      label(4, 16, high.toPrecision(3)),
      label(4, height - 26, low.toPrecision(3)),
      label(50, height - 6, `step ${first}`),
      label(width - 70, height - 6, `step ${last}`),
    ),
    element('p', {}, `Blue: training, last ${points.at(-1).loss.toPrecision(4)}. Yellow: validation.`),
  );
});
