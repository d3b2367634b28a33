import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server';
import type { Surface } from '../protocol/surface.ts';

/** The protocol's limit of values in one answer. */
const maxValues = 100;

/** Answers `completion/complete` for prompt arguments and resource template variables. */
export function serveCompletions(server: Server, { prompts, families }: Surface): void {
  server.setRequestHandler('completion/complete', async (request) => {
    const { ref, argument } = request.params;
    const complete =
      ref.type === 'ref/prompt'
        ? promptNamed(prompts, ref.name).arguments.find(({ name }) => name === argument.name)?.complete
        : familyAt(families, ref.uri).complete?.[argument.name];
    const typed = argument.value.toLowerCase();
    const fitting = ((await complete?.()) ?? []).filter((value) => value.toLowerCase().includes(typed));
    return {
      completion: {
        values: fitting.slice(0, maxValues),
        total: fitting.length,
        hasMore: fitting.length > maxValues,
      },
    };
  });
}

function promptNamed(prompts: Surface['prompts'], name: string): Surface['prompts'][number] {
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt === undefined)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No prompt "${name.slice(0, 80)}".`);
  return prompt;
}

function familyAt(families: Surface['families'], uri: string): Surface['families'][number] {
  const family = families.find(({ uriTemplate }) => uriTemplate === uri);
  if (family === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No resource template "${uri.slice(0, 200)}".`);
  }
  return family;
}
