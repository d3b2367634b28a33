import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, type RunningServer, startServer } from '../src/http/server.ts';
import { temporaryServices } from './temporary-home.ts';

const browserPath = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find((path) =>
  existsSync(path),
);

describe.skipIf(browserPath === undefined)('the front page in a browser (needs Chromium at /usr/bin/chromium)', () => {
  let browser: Browser;
  let server: RunningServer;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: browserPath!,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
  });

  it('shows models, runs, jobs and how to connect, without an error', async () => {
    const services = temporaryServices();
    const { registry, jobs } = services;
    registry.saveModel({
      name: 'operator',
      directory: '/tmp/operator',
      family: 'llama',
      parameters: 1_234_567,
      parent: null,
      run: null,
    });
    registry.saveArtifact({
      id: 'operator:q4_0',
      model: 'operator',
      format: 'q4_0',
      path: '/tmp/o.gguf',
      bytes: 700_000,
      bitsPerWeight: 4.5,
      settings: {},
    });
    registry.saveDeployment({ name: 'operator', artifact: 'operator:q4_0', target: 'local', settings: {} });
    jobs.submit('train', { name: '<b>not markup</b>' });
    server = await startServer(
      createApp(services, { version: '0.0.0-test', command: ['node', 'fts.js'] }),
      '127.0.0.1',
      0,
    );
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url);
    await page.getByText('1,234,567 parameters').waitFor();
    await page.getByText('served as operator').waitFor();
    await page.getByText('queued').waitFor();
    const connect = await page.locator('#connect').innerText();
    expect(connect).toContain(`${server.url}/mcp`);
    expect(connect).toContain('fts.js');
    expect(await page.locator('#server').innerText()).toContain('0.0.0-test');
    expect(complaints).toEqual([]);
    if (process.env.FTS_SCREENSHOT !== undefined)
      await page.screenshot({ path: process.env.FTS_SCREENSHOT, fullPage: true });
    await page.close();
    await server.close();
  });
});
