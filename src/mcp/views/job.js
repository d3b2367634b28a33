// A job while it works and when it has ended: training as its loss curve, a benchmark as its report.
const pollMilliseconds = 2000;
let followed = 0;

connect('fts-job', async (started, app) => {
  // A new result ends the following of the one before.
  const turn = ++followed;
  let job = started;
  while (turn === followed) {
    await showJob(job, app);
    if (!['queued', 'running'].includes(job.state)) return;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    const text = await readResource(app, `fts://jobs/${encodeURIComponent(started.id)}`);
    // A host that passes no resources on: what was shown stays, and the assistant follows the job.
    if (text === undefined) return;
    job = JSON.parse(text);
  }
});

async function showJob({ id, operation, state, progress, result, error }, app) {
  const { stage, done, total, unit } = progress ?? {};
  const so = total === undefined ? '' : ` of ${total}`;
  const far = stage === undefined ? `${state}.` : `${state}: ${stage} ${done}${so} ${unit ?? ''}`;
  if (Array.isArray(result?.levels)) {
    showReport(result);
    return;
  }
  const lines =
    operation === 'train' ? await readResource(app, `fts://runs/${encodeURIComponent(id)}/metrics`) : undefined;
  if (lines !== undefined) {
    showCurve(
      `Training ${id}`,
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
      far,
    );
    return;
  }
  show(
    element('h1', {}, `${operation} ${id}`),
    element('p', {}, far),
    ...(total === undefined ? [] : [element('progress', { value: done, max: total })]),
    ...(error ? [element('p', { class: 'warning' }, error.message)] : []),
  );
}
