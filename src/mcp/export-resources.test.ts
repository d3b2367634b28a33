import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assistantCaller } from '../../testing/callers.ts';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { callOperation } from '../operations/call-operation.ts';
import { findOperation } from '../operations/find-operation.ts';
import { exportResources } from './export-resources.ts';
import type { ResourceCall } from './resources/resource.ts';
import { resultOf } from './tools/tool-result.ts';

const call = {} as ResourceCall;

it('links a tool’s result to the file that it wrote, and reads it back', async () => {
  const services = temporaryServices();
  const output = await callOperation(
    findOperation('plan'),
    { model: '8B', machines: ['h100'], svg: 'bars.svg' },
    services,
    { report: () => {}, signal: new AbortController().signal, caller: assistantCaller },
  );
  const link = { type: 'resource_link', uri: 'fts://exports/bars.svg', name: 'bars.svg', mimeType: 'image/svg+xml' };
  expect(resultOf(output).content).toEqual([expect.objectContaining({ type: 'text' }), link]);
  const resources = exportResources(services);
  expect(resources.list?.()).toEqual([{ uri: 'fts://exports/bars.svg', name: 'bars.svg' }]);
  expect(await resources.read({ name: 'bars.svg' }, call)).toEqual({
    text: expect.stringMatching(/^<svg/),
    mimeType: 'image/svg+xml',
  });
});

it('reads binary files in base64, and neither large files, links nor anything outside', async () => {
  const services = temporaryServices();
  const { exports, configFile } = services.home;
  writeFileSync(configFile, '{}', { mode: 0o600 });
  writeFileSync(join(exports, 'x.png'), Buffer.from([137, 80]));
  writeFileSync(join(exports, 'large.png'), Buffer.alloc(3 * 2 ** 20));
  symlinkSync(configFile, join(exports, 'link.json'));
  const resources = exportResources(services);
  expect(await resources.read({ name: 'x.png' }, call)).toEqual({ blob: 'iVA=', mimeType: 'image/png' });
  await expect(resources.read({ name: 'large.png' }, call)).rejects.toMatchObject({ kind: 'invalid-input' });
  for (const name of ['link.json', '../config.json', 'nowhere.svg', '']) {
    await expect(resources.read({ name }, call), name).rejects.toMatchObject({ kind: 'not-found' });
  }
});
