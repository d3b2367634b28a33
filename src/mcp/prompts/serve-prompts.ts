import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server';
import type { Prompt } from './prompt.ts';

/** Answers `prompts/list` and `prompts/get`. */
export function servePrompts(server: Server, prompts: readonly Prompt[]): void {
  server.setRequestHandler('prompts/list', () => ({
    prompts: prompts.map(({ name, title, description, arguments: blanks }) => ({
      name,
      title,
      description,
      arguments: blanks.map(({ name: blank, description: about, required }) => ({
        name: blank,
        description: about,
        required,
      })),
    })),
  }));

  server.setRequestHandler('prompts/get', (request, context) => {
    const prompt = prompts.find(({ name }) => name === request.params.name);
    if (prompt === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No prompt "${request.params.name.slice(0, 80)}".`);
    }
    const values = request.params.arguments ?? {};
    const missing = prompt.arguments.find(({ name, required }) => required && (values[name] ?? '').trim() === '');
    if (missing !== undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${prompt.name} needs "${missing.name}".`);
    }
    return prompt.get(values, context);
  });
}
