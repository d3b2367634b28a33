import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { BoundedLines } from '../tools/bounded-lines.ts';
import { maxMessageBytes } from './message-limit.ts';

/** Serves MCP on a pair of streams, one JSON-RPC message a line. A message that is too large is refused by itself. */
export function serveStdin(
  factory: McpServerFactory,
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): { close(): Promise<void> } {
  // It was not read, so its id is not known: the protocol lets such an answer go without.
  const refusal = `The message is larger than ${maxMessageBytes} bytes`;
  const lines = new BoundedLines(maxMessageBytes, () => {
    output.write(`${JSON.stringify({ jsonrpc: '2.0', error: { code: -32600, message: refusal } })}\n`);
  });
  const connection = serveStdio(factory, { transport: new StdioServerTransport(input.pipe(lines), output) });
  return {
    close: async () => {
      await connection.close();
      // A client that has not closed its end would keep the process alive.
      input.destroy();
    },
  };
}
