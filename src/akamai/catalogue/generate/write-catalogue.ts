import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFolderAtomic } from '../../../store/atomic-file.ts';
import { CATALOGUE_FORMAT, type CatalogueIndex } from '../facts.ts';
import type { GeneratedApi } from './api-from-openapi.ts';

/**
 * Writes a catalogue folder: `index.json` and `apis/ID.json`, one operation or definition per line so that a change
 * can be read; with `texts` also the published descriptions (`texts/ID.json`).
 */
export async function writeCatalogue(
  folder: string,
  apis: readonly GeneratedApi[],
  options: { sources: string[]; texts?: boolean },
): Promise<void> {
  const index: CatalogueIndex = {
    format: CATALOGUE_FORMAT,
    sources: options.sources,
    apis: apis.map((api) => api.facts).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
  await replaceFolderAtomic(folder, async (temporary) => {
    await mkdir(join(temporary, 'apis'));
    await writeFile(join(temporary, 'index.json'), `${indexText(index)}\n`);
    if (options.texts) await mkdir(join(temporary, 'texts'));
    for (const api of apis) {
      const { format, id, defs, parameters, operations } = api.shapes;
      const text =
        `{"format":${format},"id":${JSON.stringify(id)},\n"defs":${lines(defs)},\n` +
        `"parameters":[\n${parameters.map((parameter) => JSON.stringify(parameter)).join(',\n')}\n],\n` +
        `"operations":${lines(operations)}}\n`;
      await writeFile(join(temporary, 'apis', `${id}.json`), text);
      if (options.texts) await writeFile(join(temporary, 'texts', `${id}.json`), `${lines(api.texts)}\n`);
    }
  });
}

function indexText(index: CatalogueIndex): string {
  const apis = index.apis.map(
    ({ operations, ...api }) =>
      `{${JSON.stringify(api).slice(1, -1)},"operations":[\n${operations.map((o) => JSON.stringify(o)).join(',\n')}\n]}`,
  );
  const { format, sources } = index;
  return `{"format":${format},"sources":${JSON.stringify(sources)},"apis":[\n${apis.join(',\n')}\n]}`;
}

function lines(record: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{\n${entries.join(',\n')}\n}`;
}
