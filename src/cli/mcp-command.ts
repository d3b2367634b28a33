import { once } from 'node:events';
import { Command } from 'commander';
import { JobQueue } from '../jobs/job-queue.ts';
import { createMcpFace } from '../mcp/protocol/mcp-face.ts';
import { serveStdin } from '../mcp/protocol/serve-stdin.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { ownCommand, settlePlansInBackground } from './run-server.ts';
import { stopSignal } from './stop-signal.ts';
import { addToolFlags, readToolFlags, type ToolFlags } from './tool-flags.ts';

/** `fts mcp`: the MCP server on standard input and output, as an assistant starts it. */
export function mcpCommand(version: string): Command {
  const command = new Command('mcp')
    .summary('Serve MCP on standard input and output, for an assistant')
    .description('Serves the operations as MCP tools on standard input and output. An assistant starts this command.')
    .addHelpText('after', '\nExample:\n  $ fts mcp --toolsets default,records --read-only');
  return addToolFlags(command).action(async (flags: ToolFlags) => {
    const services = openServices(process.env, readToolFlags(flags));
    const stop = stopSignal();
    try {
      const { factory } = createMcpFace(services, { version });
      const queue = new JobQueue(services.jobs, [...ownCommand(), '_work']);
      queue.start();
      settlePlansInBackground(services);
      const connection = serveStdin(factory);
      // The client ends the connection by closing our standard input.
      await Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close'), aborted(stop)]);
      await queue.stop();
      await connection.close();
    } finally {
      await closeServices(services);
    }
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
