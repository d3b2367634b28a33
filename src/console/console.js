// The front page: asks the same operations as every other face, once at the start and then every two seconds.
// All text goes in through textContent, never as HTML.

/** @param {string} name @param {object} [input] */
async function call(name, input = {}) {
  const response = await fetch(`/api/operations/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error?.message ?? response.statusText);
  return body;
}

/** @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node|string)} children */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const place = (id) => document.getElementById(id);

/** @param {string[]} head @param {(Node|string)[][]} rows */
function table(head, rows) {
  if (rows.length === 0) return element('p', { class: 'dim' }, 'None yet.');
  const cell = (value) => (value instanceof Node && value.nodeName === 'TD' ? value : element('td', {}, value));
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head.map((title) => element('th', { scope: 'col' }, title)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell)))),
  );
}

const number = (value, digits = 3) =>
  typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: digits }) : '–';
const bytes = (value) =>
  value < 1e6
    ? `${number(value / 1e3, 0)} kB`
    : value < 1e9
      ? `${number(value / 1e6, 1)} MB`
      : `${number(value / 1e9, 2)} GB`;
const time = (iso) => new Date(iso).toLocaleString();

function showModels({ models, artifacts, deployments }) {
  const served = new Map(deployments.map((deployment) => [deployment.artifact, deployment.name]));
  const rows = models.flatMap((model) => [
    [element('strong', {}, model.name), model.family, `${number(model.parameters, 0)} parameters`, '', ''],
    ...artifacts
      .filter((artifact) => artifact.model === model.name)
      .map((artifact) => [
        '',
        artifact.format,
        bytes(artifact.bytes),
        `${number(artifact.bitsPerWeight, 2)} bits`,
        served.has(artifact.id) ? `served as ${served.get(artifact.id)}` : '',
      ]),
  ]);
  place('models').replaceChildren(table(['Model', 'Format', 'Size', 'Weights', ''], rows));
  return deployments;
}

function curve(points) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'curve');
  svg.setAttribute('viewBox', '0 0 1000 140');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const values = points
    .flatMap((point) => [point.loss, point.validationLoss])
    .filter((value) => typeof value === 'number');
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = points.at(-1).step || 1;
  const line = (key, className) => {
    const polyline = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    polyline.setAttribute('class', className);
    polyline.setAttribute(
      'points',
      points
        .filter((point) => typeof point[key] === 'number')
        .map((point) => `${(point.step / last) * 1000},${5 + 130 * (1 - (point[key] - low) / (high - low || 1))}`)
        .join(' '),
    );
    svg.append(polyline);
  };
  svg.setAttribute('aria-label', `Loss from ${number(high)} down to ${number(points.at(-1).loss)} over ${last} steps`);
  line('loss', 'training');
  line('validationLoss', 'validation');
  return svg;
}

async function showRuns() {
  const { runs } = await call('runs.list');
  const newest = runs[0];
  const drawn = newest === undefined ? [] : (await call('runs.show', { id: newest.id })).curve;
  place('runs').replaceChildren(
    table(
      ['Run', 'Model', 'Training loss', 'Validation loss', 'Started'],
      runs
        .slice(0, 5)
        .map((run) => [
          run.id,
          run.model,
          number(run.summary?.trainingLoss),
          number(run.summary?.validationLoss),
          time(run.createdAt),
        ]),
    ),
    ...(drawn.length > 1
      ? [element('p', { class: 'dim' }, `Loss of ${newest.id} (dashed: validation)`), curve(drawn)]
      : []),
  );
}

async function showJobs() {
  const { jobs } = await call('jobs.list', { limit: 8 });
  place('jobs').replaceChildren(
    table(
      ['Job', 'State', 'Progress', ''],
      jobs.map((job) => {
        const { progress } = job;
        const bar = progress?.total
          ? element('progress', {
              max: String(progress.total),
              value: String(job.state === 'succeeded' ? progress.total : progress.done),
            })
          : '';
        const figures = Object.entries(progress?.metrics ?? {})
          .map(([name, value]) => `${name} ${number(value)}`)
          .join('  ');
        return [
          job.operation,
          element('td', { class: job.state }, job.state),
          bar,
          element('td', { class: 'wrap dim' }, job.error?.message ?? figures),
        ];
      }),
    ),
  );
}

async function showConnect(deployments) {
  const { command, home } = await (await fetch('/api/program')).json();
  const url = location.origin;
  const model = deployments[0]?.name ?? 'operator';
  const json = (value) => JSON.stringify(value, null, 2);
  const remote = { 'fts-mcp-server': { type: 'http', url: `${url}/mcp` } };
  const ways = [
    [
      'Claude Desktop (claude_desktop_config.json)',
      json({
        mcpServers: {
          'fts-mcp-server': { command: command[0], args: [...command.slice(1), 'mcp'], env: { FTS_HOME: home } },
        },
      }),
    ],
    ['VS Code (.vscode/mcp.json)', json({ servers: remote })],
    ['Cursor (.cursor/mcp.json)', json({ mcpServers: { 'fts-mcp-server': { url: `${url}/mcp` } } })],
    [
      'OpenAI client',
      `curl ${url}/v1/chat/completions -H 'content-type: application/json' \\\n  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: 'purge everything tagged black-friday on staging' }] })}'`,
    ],
    [
      'Ollama client',
      `OLLAMA_HOST=${url} ollama run ${model}\n\nimport { Ollama } from 'ollama';\nnew Ollama({ host: '${url}' }).chat({ model: '${model}', messages: [{ role: 'user', content: 'list my properties' }] });`,
    ],
  ];
  place('connect').replaceChildren(
    ...ways.map(([title, text]) => {
      const button = element('button', { class: 'copy', type: 'button' }, 'Copy');
      button.addEventListener('click', async () => {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      });
      return element('article', {}, element('h3', {}, title, button), element('pre', {}, text));
    }),
  );
}

async function refresh() {
  try {
    const health = await (await fetch('/health')).json();
    place('server').textContent = `up since ${time(health.startedAt)} · version ${health.version} · ${location.host}`;
    const deployments = showModels(await call('models.list'));
    await Promise.all([showRuns(), showJobs()]);
    return deployments;
  } catch (error) {
    place('server').textContent = `not reachable: ${error.message}`;
    return undefined;
  }
}

place('ask').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = place('answer');
  answer.textContent = '…';
  try {
    const { deployments } = await call('models.list');
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: deployments[0]?.name ?? 'operator',
        temperature: 0,
        messages: [{ role: 'user', content: new FormData(event.target).get('request') }],
      }),
    });
    const body = await response.json();
    answer.textContent = body.choices?.[0]?.message?.content ?? body.error?.message ?? 'No answer.';
  } catch (error) {
    answer.textContent = error.message;
  }
});

await showConnect((await refresh()) ?? []);
setInterval(async () => {
  if (!document.hidden) await refresh();
}, 2000);
