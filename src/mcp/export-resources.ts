import { closeSync, readFileSync } from 'node:fs';
import type { ContentBlock } from '@modelcontextprotocol/server';
import { FtsError } from '../errors/fts-error.ts';
import { exportType, listExports, openExport } from '../inputs/exports.ts';
import type { Services } from '../services/context.ts';
import type { ResourceContent, ResourceFamily } from './resources/resource.ts';

const prefix = 'fts://exports/';
/** What a client takes in one message, in base64 too. */
const mostBytes = 2 * 2 ** 20;

/** The files that tools wrote, since an assistant names no place of its own to write to. */
export function exportResources({ home }: Pick<Services, 'home'>): ResourceFamily {
  return {
    uriTemplate: `${prefix}{name}`,
    name: 'export',
    title: 'Written file',
    description: 'A drawing, report or list that a tool wrote; its result names it',
    mimeType: 'application/octet-stream',
    scope: 'read',
    read: async ({ name }) => readExport(home, name!),
    list: () => listExports(home).map((name) => ({ uri: `${prefix}${name}`, name })),
    complete: { name: () => listExports(home) },
  };
}

function readExport(home: Services['home'], name: string): ResourceContent {
  const { file, bytes } = openExport(home, name);
  try {
    if (bytes > mostBytes) {
      throw new FtsError('invalid-input', `${name} has ${bytes} bytes, too many for a message.`, {
        remedy: `Fetch /exports/${name} of this server over HTTP.`,
      });
    }
    const content = readFileSync(file);
    const mimeType = exportType(name).replace(/;.*/, '');
    return /^(text|image\/svg|application\/json)/.test(mimeType)
      ? { text: content.toString('utf8'), mimeType }
      : { blob: content.toString('base64'), mimeType };
  } finally {
    closeSync(file);
  }
}

/** Links to the written files that a result names, for clients that show what a tool made. */
export function exportLinks(output: unknown): ContentBlock[] {
  if (typeof output === 'string') {
    if (!output.startsWith(prefix)) return [];
    const name = output.slice(prefix.length);
    return [{ type: 'resource_link', uri: output, name, mimeType: exportType(name).replace(/;.*/, '') }];
  }
  return typeof output === 'object' && output !== null ? Object.values(output).flatMap(exportLinks) : [];
}
