import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tinyLlama, writeRandomModel } from '../../../testing/models/random-model.ts';
import { temporaryHome, temporaryServices } from '../../../testing/temporary-home.ts';
import { systemCaller } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { exportGguf } from '../../model/gguf/export-gguf.ts';
import { openModelDirectory } from '../../model/model-directory.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { Services } from '../../services/context.ts';
import { callOperation } from '../call-operation.ts';
import type { InputOf } from '../operation.ts';
import { modelsImport } from './import.ts';

interface Imported {
  model: { name: string; directory: string; family: string; parameters: number };
  artifacts: { id: string; path: string; bitsPerWeight: number }[];
}

const run = (input: InputOf<typeof modelsImport>, services: Services): Promise<Imported> =>
  callOperation(modelsImport, input, services, {
    report: () => {},
    signal: new AbortController().signal,
    caller: { ...systemCaller, channel: 'terminal' },
  }) as Promise<Imported>;

async function madeElsewhere(): Promise<{ folder: string; gguf: string }> {
  const folder = join(temporaryHome(), 'theirs');
  await writeRandomModel(folder, tinyLlama);
  const gguf = join(temporaryHome(), 'theirs-q8.gguf');
  const { weights, config, tokenizer, close } = await openModelDirectory(folder);
  await exportGguf(gguf, { name: 'theirs', config, tokenizer: Tokenizer.fromFiles(tokenizer!), weights, type: 'Q8_0' });
  await close();
  return { folder, gguf };
}

it('copies a Hugging Face folder to the byte and leaves the source as it was', async () => {
  const { folder } = await madeElsewhere();
  const before = readFileSync(join(folder, 'model.safetensors'));
  const services = temporaryServices();
  const { model, artifacts } = await run({ source: folder, name: 'ours' }, services);
  expect(model).toMatchObject({ name: 'ours', family: 'llama', directory: join(services.home.models, 'ours') });
  expect(artifacts).toEqual([]);
  expect(readFileSync(join(model.directory, 'model.safetensors')).equals(before)).toBe(true);
  expect(readFileSync(join(folder, 'model.safetensors')).equals(before)).toBe(true);
  const { provenance, close } = await openModelDirectory(model.directory);
  await close();
  expect(provenance).toMatchObject({ name: 'ours' });
});

it('takes a GGUF file as an artifact to deploy, and with dequantize as a model to go on from', async () => {
  const { folder, gguf } = await madeElsewhere();
  const services = temporaryServices();
  const served = await run({ source: gguf }, services);
  expect(served.model).toMatchObject({ name: 'theirs-q8', family: 'llama' });
  expect(served.artifacts).toMatchObject([{ id: 'theirs-q8:q8_0' }]);
  expect(readFileSync(served.artifacts[0]!.path).equals(readFileSync(gguf))).toBe(true);
  expect(readdirSync(served.model.directory)).not.toContain('model.safetensors');

  const whole = await run({ source: gguf, name: 'whole', dequantize: true }, services);
  const { config, close } = await openModelDirectory(whole.model.directory);
  await close();
  expect(config).toMatchObject({ layers: tinyLlama.layers, width: tinyLlama.width });
  expect(whole.artifacts).toMatchObject([{ id: 'whole:q8_0' }]);
  const parameters = (await run({ source: folder, name: 'folder' }, services)).model.parameters;
  expect([served.model.parameters, whole.model.parameters]).toEqual([parameters, parameters]);
});

it('registers a folder of models/ again, with its artifacts, after the registry was lost', async () => {
  const { gguf } = await madeElsewhere();
  const services = temporaryServices();
  const { model } = await run({ source: gguf, dequantize: true }, services);
  for (const table of ['artifacts', 'models']) services.database.exec(`DELETE FROM ${table}`);
  const again = await run({ source: model.directory }, services);
  expect(again).toMatchObject({
    model: { ...model, createdAt: expect.any(String) },
    artifacts: [{ id: 'theirs-q8:q8_0' }],
  });
});

it('refuses a taken name, a cut file and what is no model, and leaves nothing behind', async () => {
  const { gguf } = await madeElsewhere();
  const services = temporaryServices();
  await run({ source: gguf, name: 'taken' }, services);
  await expect(run({ source: gguf, name: 'taken' }, services)).rejects.toMatchObject({
    kind: 'conflict',
    field: 'name',
  });
  for (const name of ['.', '..', '-x']) {
    await expect(run({ source: gguf, name }, services)).rejects.toMatchObject({ kind: 'invalid-input' });
  }
  truncateSync(gguf, 20_000);
  await expect(run({ source: gguf, name: 'cut' }, services)).rejects.toMatchObject({ kind: 'corrupt' });
  const text = join(temporaryHome(), 'notes.gguf');
  writeFileSync(text, 'not a model');
  await expect(run({ source: text, name: 'text' }, services)).rejects.toThrow(FtsError);
  await expect(run({ source: join(text, 'nowhere') }, services)).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(readdirSync(services.home.models)).toEqual(['taken']);
});
