import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Heard {
  authorization: string | undefined;
  messages: { role: string; content: string | null }[];
}

export interface ScriptedModel {
  /** Up to and with `/v1`. */
  url: string;
  heard: Heard[];
  close(): void;
}

/** An OpenAI-compatible model that says what it is told to, one message after the other. */
export async function startScriptedModel(script: ((heard: Heard) => object)[]): Promise<ScriptedModel> {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { messages } = JSON.parse(body) as Pick<Heard, 'messages'>;
    heard.push({ authorization: request.headers.authorization, messages });
    const message = script[heard.length - 1]!(heard.at(-1)!);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices: [{ message }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, heard, close: () => server.close() };
}

export const toolCall = (name: string, args: object): object => ({
  content: null,
  tool_calls: [{ id: `call-${name}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
});
