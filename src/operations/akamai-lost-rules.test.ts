import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { simulatedEnvironment } from '../../testing/akamai-simulator/environment.ts';
import { type Simulator, startSimulator } from '../../testing/akamai-simulator/simulator.ts';
import { temporaryHome, temporaryServices } from '../../testing/temporary-home.ts';
import { systemCaller } from '../access/caller.ts';
import { PACKED_CATALOGUE } from '../akamai/catalogue/catalogue.ts';
import type { Services } from '../services/context.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';
import { callOperation } from './call-operation.ts';
import { findOperation } from './find-operation.ts';

let simulator: Simulator;
let services: Services;
beforeEach(async () => {
  simulator = await startSimulator();
  services = temporaryServices(simulatedEnvironment(simulator.origin, '/nonexistent'));
});
afterEach(() => simulator.close());

const work = { report: () => {}, signal: new AbortController().signal, caller: systemCaller };
const call = (name: string, input: object) => callOperation(findOperation(name), input, services, work);

/** A catalogue as a sync makes it after Akamai renamed an operation. */
function renameInCatalogue(file: string, from: string, to: string): void {
  const folder = akamaiOf(services).syncedFolder;
  cpSync(PACKED_CATALOGUE, folder, { recursive: true });
  for (const path of [join(folder, 'index.json'), join(folder, 'apis', file)]) {
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(`"${from}"`);
    writeFileSync(path, text.replaceAll(`"${from}"`, `"${to}"`));
  }
  akamaiOf(services).forgetCatalogue();
}

const body = { objects: ['https://www.example.com/'] };
const purgeBy = (operationId: string) =>
  call('akamai.plan', { api: 'ccu-v3', operation: operationId, path: { network: 'staging' }, body });

describe('an operation that a sync renamed', () => {
  it('is planned by general rules, and the plan says which rules did not apply', async () => {
    renameInCatalogue('ccu-v3.json', 'post-invalidate-url', 'post-invalidate-urls');
    expect(await purgeBy('post-invalidate-urls')).toMatchObject({
      warnings: expect.arrayContaining([
        expect.stringMatching(/General rules alone.*ccu-v3 post-invalidate-url,.*cache-purge/),
      ]),
    });
  });

  it('leaves the other operations of its kind as they are', async () => {
    renameInCatalogue('ccu-v3.json', 'post-invalidate-url', 'post-invalidate-urls');
    const { warnings } = (await call('akamai.plan', {
      api: 'ccu-v3',
      operation: 'post-delete-url',
      path: { network: 'staging' },
      body,
    })) as { warnings: string[] };
    expect(warnings.join()).not.toContain('General rules');
  });

  it('is named by doctor', async () => {
    renameInCatalogue('papi-v1.json', 'post-property-activations', 'post-activations');
    const { checks } = (await call('doctor', {})) as { checks: { name: string }[] };
    expect(checks.find(({ name }) => name === 'catalogue')).toMatchObject({
      verdict: 'warning',
      finding: expect.stringMatching(/papi-v1 post-property-activations.*property-activation/),
      remedy: expect.stringContaining(akamaiOf(services).syncedFolder),
    });
  });

  it('is named by the sync itself', async () => {
    const root = temporaryHome();
    mkdirSync(join(root, 'apis/ccu/v3'), { recursive: true });
    const document = {
      openapi: '3.0.3',
      info: { title: 'Fast Purge API', version: 'v3' },
      servers: [{ url: 'https://{hostname}/ccu/v3' }],
      paths: { '/other': { post: { operationId: 'post-other', summary: 'Other', responses: {} } } },
    };
    writeFileSync(join(root, 'apis/ccu/v3/openapi.json'), JSON.stringify(document));
    const caller = { name: 'ana', channel: 'terminal', credential: 'terminal', scopes: ['admin'] } as const;
    const result = await callOperation(findOperation('akamai.sync'), { source: root }, services, {
      ...work,
      caller: { ...caller, scopes: ['admin'] },
    });
    expect((result as { warnings: string[] }).warnings).toHaveLength(6);
  });
});

it('doctor counts the operations of a catalogue that has all of them', async () => {
  const { checks } = (await call('doctor', {})) as { checks: { name: string }[] };
  expect(checks.find(({ name }) => name === 'catalogue')).toMatchObject({ verdict: 'ok' });
});
