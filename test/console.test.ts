import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp, type RunningServer, startServer } from '../src/http/server.ts';
import { servicesAtPort } from '../src/http/services-at-port.ts';
import type { Services } from '../src/services/context.ts';
import { launchBrowser, noBrowser, openPage } from '../testing/browser.ts';
import { temporaryServices } from '../testing/temporary-home.ts';

const program = { version: '0.0.0-test', command: ['node', 'fts.js'] };

function saveOperator({ registry, home }: Services): void {
  const directory = join(home.root, 'runs/run-1');
  mkdirSync(directory, { recursive: true });
  const line = (step: number) => ({
    step,
    loss: 7 / (step + 1),
    learningRate: 1e-3,
    gradientNorm: 1,
    tokensPerSecond: 1000,
    tokens: step * 100,
    seconds: step,
    ...(step % 10 === 0 ? { validationLoss: 8 / (step + 1) } : {}),
  });
  const lines = Array.from({ length: 50 }, (_, index) => JSON.stringify(line(index + 1)));
  writeFileSync(join(directory, 'metrics.jsonl'), `${lines.join('\n')}\n`);
  registry.saveRun({ id: 'run-1', model: 'operator', kind: 'operator', directory, settings: {}, summary: null });
  registry.saveModel({
    name: 'operator',
    directory: join(home.root, 'models/operator'),
    family: 'llama',
    parameters: 1_234_567,
    parent: null,
    run: 'run-1',
  });
  registry.saveArtifact({
    id: 'operator:q4_0',
    model: 'operator',
    format: 'q4_0',
    path: '/tmp/operator.gguf',
    bytes: 700_000,
    bitsPerWeight: 4.5,
    settings: {},
  });
  registry.saveDeployment({ name: 'operator-edge', artifact: 'operator:q4_0', target: 'local', settings: {} });
  registry.saveMeasurement({
    kind: 'evaluation',
    subject: 'operator:q4_0',
    figures: { exactMatch: 0.923, perplexity: 1.0982 },
  });
  const times = { p50: 20.1, p90: 30, p99: 41 };
  registry.saveMeasurement({
    kind: 'benchmark',
    subject: 'operator-edge',
    figures: {
      url: 'http://127.0.0.1:1',
      model: 'operator-edge',
      levels: [
        {
          load: { kind: 'concurrency', value: 8 },
          requests: 32,
          failed: 0,
          ttftMs: times,
          inputTokensPerSecond: 1,
          outputTokensPerSecond: 1279.1,
          requestsPerSecond: 20,
        },
      ],
    },
  });
}

describe.skipIf(noBrowser !== undefined)(`the console in a browser${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  let browser: Browser;
  let services: Services;
  let server: RunningServer;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const serveWith = async (environment: NodeJS.ProcessEnv = {}) => {
    services = temporaryServices(environment);
    server = await startServer((port) => createApp(servicesAtPort(services, port), program), '127.0.0.1', 0);
  };
  const open = async (path: string): Promise<Page> => {
    const opened = await openPage(browser, `${server.url}${path}`);
    complaints = opened.complaints;
    return opened.page;
  };
  const section = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true });

  beforeEach(() => serveWith());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await server.close();
  });

  it('says on an empty home what to type next', async () => {
    const page = await open('/');
    await section(page, 'Models').getByText('npm start').waitFor();
    await section(page, 'Training runs').getByText('fts train operator').waitFor();
    await section(page, 'Jobs').getByText('fts train data').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows the server, models with size and quality, and how to connect with the true address', async () => {
    saveOperator(services);
    const page = await open('/');
    await page.getByText('1,234,567 parameters').waitFor();
    const artifact = /^q4_0 700 kB 4\.50 92\.3 % 1\.0982 operator-edge$/;
    await page.getByRole('row', { name: artifact }).waitFor();
    expect(await section(page, 'Server').textContent()).toContain('0.0.0-test');
    const connect = await section(page, 'Connect').textContent();
    expect(connect).toContain(`"url": "${server.url}/mcp"`);
    expect(connect).toContain(`curl ${server.url}/v1/chat/completions`);
    expect(connect).toContain('"fts.js"');
    expect(connect).toContain(services.home.root);
    expect(complaints).toEqual([]);
  });

  it('draws a run’s loss and goes on while it trains', async () => {
    saveOperator(services);
    const page = await open('/');
    const curve = page.getByRole('img', { name: /^Training loss from 3\.5 to 0\.1373 over 50 steps, validation loss/ });
    await curve.locator('canvas').waitFor();
    const more = { step: 51, loss: 0.125, learningRate: 0, gradientNorm: 0, tokensPerSecond: 0, tokens: 0, seconds: 0 };
    writeFileSync(join(services.home.root, 'runs/run-1/metrics.jsonl'), `${JSON.stringify(more)}\n`, { flag: 'a' });
    await page.getByRole('img', { name: /to 0\.125 over 51 steps/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a job’s progress, cancels and resumes it, and shows no text as markup', async () => {
    const { id } = services.jobs.submit('train', {});
    services.jobs.claim(id);
    services.jobs.report(id, { stage: '<b>train</b>', done: 30, total: 100, unit: 'steps', metrics: { loss: 2.5 } });
    const page = await open('/');
    const jobs = section(page, 'Jobs');
    await jobs.getByText('<b>train</b> 30 of 100 steps · loss 2.5').waitFor();
    expect(await jobs.locator('progress').getAttribute('value')).toBe('30');
    await jobs.getByRole('button', { name: 'Cancel train' }).click();
    await expect.poll(() => services.jobs.report(id, undefined).cancelRequested).toBe(true);
    services.jobs.finish(id, { state: 'cancelled', error: { kind: 'cancelled', message: 'Cancelled.' } });
    await jobs.getByRole('button', { name: 'Resume train' }).click();
    await expect.poll(() => services.jobs.get(id).state).toBe('queued');
    await jobs.getByText('queued').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows each step of a request, and links what a person has to decide to its page', async () => {
    const plan = 'plan-mwwl0cwa-fb113163';
    const events = [
      ['step', { kind: 'proposal', operation: 'purge.tag', arguments: { tags: ['black-friday'] } }],
      ['step', { kind: 'call', tool: 'akamai_purge', arguments: { objects: ['black-friday'] } }],
      ['step', { kind: 'result', tool: 'akamai_purge', text: `{"id":"${plan}"}`, failed: false }],
      ['step', { kind: 'approval', message: 'Purge it?', url: `${server.url}/console/plans/${plan}` }],
      ['answer', { answer: `Planned <b>as</b> ${plan}.` }],
    ];
    const page = await open('/');
    await page.route('**/api/ask', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
      }),
    );
    await page.getByLabel('Ask').fill('purge everything tagged black-friday');
    await page.keyboard.press('Enter');
    const line = section(page, 'Command line');
    await line.getByText('purge.tag').waitFor();
    await line.getByText('akamai_purge').waitFor();
    await line.getByText('Purge it?').waitFor();
    await line.getByText('Planned <b>as</b>').waitFor();
    const links = await line.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(new Set(links)).toEqual(new Set([`/console/plans/${plan}`, `${server.url}/console/plans/${plan}`]));
    expect(complaints).toEqual([]);
  });

  it('shows a reference page with its diagrams, and the verdicts of the last verification', async () => {
    const { id } = services.jobs.submit('reference.verify', {});
    services.jobs.claim(id);
    const check = {
      id: 'training-flops-ratio',
      pages: ['inference-vs-training'],
      kind: 'derived',
      claim: 'Training takes three times the arithmetic.',
      shown: '3 times',
      figure: 3,
      unit: 'times',
      verdict: 'holds',
      why: null,
      how: '6ND against 2ND',
      detail: null,
    };
    const result = { checks: [check], holds: 1, differs: 0, fails: 0, notMeasured: 0 };
    services.jobs.finish(id, { state: 'succeeded', result });
    const page = await open('/console/reference');
    await page.getByText('1 of all 1 hold').waitFor();
    await page.getByRole('link', { name: 'Inference and training: two different jobs' }).click();
    await page.getByRole('row', { name: /three times the arithmetic\. holds 3 times/ }).waitFor();
    const widths = await page
      .locator('img.diagram')
      .evaluateAll((images) => images.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));
    expect(widths.length).toBeGreaterThan(0);
    expect(Math.min(...widths)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('lists stored benchmarks, under whatever name the model was served', async () => {
    saveOperator(services);
    const page = await open('/console/benchmarks');
    const result = page.getByRole('region', { name: /^operator-edge, / });
    await result.getByRole('row', { name: /8 at once 32 0 20\.1 \/ 30 \/ 41 .* 1,279\.1 20/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('wants a key where the server does, and keeps it to this tab', async () => {
    await server.close();
    await serveWith({ FTS_AUTH_REQUIRED: 'true' });
    const { token } = services.keys.create('reader', ['read']);
    const page = await open('/');
    await page.getByLabel('Key, from').fill(token);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await section(page, 'Server').getByText('0.0.0-test').waitFor();
    expect(await section(page, 'Connect').textContent()).toContain('Bearer YOUR-KEY');
    expect(await page.content()).not.toContain(token);
    const other = await open('/console/audit');
    await other.getByText('This server wants a key or a token.').waitFor();
  });

  it('says when the server has gone', async () => {
    const page = await open('/');
    await section(page, 'Server').getByText('up', { exact: true }).waitFor();
    await server.close();
    await page.getByText('The server does not answer.').first().waitFor();
    await serveWith();
  });

  it('has a page for an address that leads nowhere', async () => {
    const page = await open('/console/nowhere');
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
  });
});
