import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
  UriTemplate,
} from '@modelcontextprotocol/server';
import { FtsError } from '../../errors/fts-error.ts';
import type { Services } from '../../services/context.ts';
import { callerOf, requireScope } from '../protocol/caller.ts';
import type { Surface } from '../protocol/surface.ts';
import type { ResourceContent } from './resource.ts';

/** Answers `resources/list`, `resources/templates/list` and `resources/read`. */
export function serveResources(
  server: Server,
  { resources, families }: Surface,
  services: Pick<Services, 'refusals'>,
): void {
  const patterns = families.map((family) => ({ family, template: new UriTemplate(family.uriTemplate) }));

  server.setRequestHandler('resources/list', () => ({
    resources: [
      ...resources.map(({ uri, name, title, description, mimeType, meta }) => ({
        uri,
        name,
        title,
        description,
        mimeType,
        ...(meta === undefined ? {} : { _meta: meta }),
      })),
      ...families.flatMap(({ list, mimeType }) => (list?.() ?? []).map((entry) => ({ ...entry, mimeType }))),
    ],
  }));

  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: families.map(({ uriTemplate, name, title, description, mimeType }) => ({
      uriTemplate,
      name,
      title,
      description,
      mimeType,
    })),
  }));

  server.setRequestHandler('resources/read', async (request, context) => {
    const { uri } = request.params;
    const caller = callerOf(context.http);
    const call = { caller, context };
    const resource = resources.find((candidate) => candidate.uri === uri);
    if (resource !== undefined) {
      requireScope(caller, resource.scope, uri, services);
      const content = await readOrRefuse(uri, () => resource.read(call));
      const meta = resource.meta === undefined ? {} : { _meta: resource.meta };
      return { contents: [{ uri, mimeType: resource.mimeType, ...content, ...meta }] };
    }
    for (const { family, template } of patterns) {
      const matched = template.match(uri);
      if (matched === null) continue;
      requireScope(caller, family.scope, uri, services);
      const variables = Object.fromEntries(
        Object.entries(matched).map(([name, value]) => [name, decode(Array.isArray(value) ? value.join(',') : value)]),
      );
      const content = await readOrRefuse(uri, () => family.read(variables, call));
      return { contents: [{ uri, mimeType: family.mimeType, ...content }] };
    }
    throw new ResourceNotFoundError(uri);
  });
}

/** What is missing is the protocol's own error; anything else says what was wrong, but never how we work inside. */
async function readOrRefuse(uri: string, read: () => Promise<ResourceContent>): Promise<ResourceContent> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw thrown;
    const error = FtsError.from(thrown);
    if (error.kind === 'not-found') throw new ResourceNotFoundError(uri, error.message);
    if (error.kind === 'internal')
      throw new ProtocolError(ProtocolErrorCode.InternalError, 'The resource cannot be read');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message);
  }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
