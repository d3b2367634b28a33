import { once } from 'node:events';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { Command } from 'commander';
import { JobQueue } from '../jobs/job-queue.ts';
import { createMcpFace } from '../mcp/mcp-face.ts';
import { toolsetNames, toolsets } from '../mcp/toolsets.ts';
import { openServices } from '../operations/open-services.ts';
import { ownCommand } from './run-server.ts';
import { stopSignal } from './stop-signal.ts';

interface McpFlags {
  toolsets?: string;
  tools?: string;
  readOnly?: boolean;
}

/** `fts mcp`: the MCP server on standard input and output, as an assistant starts it. */
export function mcpCommand(version: string): Command {
  const about = toolsetNames.map((name) => `  ${name.padEnd(12)}${toolsets[name].about}`).join('\n');
  return new Command('mcp')
    .summary('Serve MCP on standard input and output, for an assistant')
    .description('Serves the operations as MCP tools on standard input and output. An assistant starts this command.')
    .option('--toolsets <names>', 'Toolsets to offer, with commas: default, all, or those below')
    .option('--tools <names>', 'Single tools to offer, with commas')
    .option('--read-only', 'Offer only tools that change nothing')
    .addHelpText('after', `\nToolsets:\n${about}\n\nExample:\n  $ fts mcp --toolsets default --read-only`)
    .action(async (flags: McpFlags) => {
      const services = openServices(process.env, {});
      const stop = stopSignal();
      try {
        const { factory } = createMcpFace(services, {
          version,
          selection: {
            ...(flags.toolsets === undefined ? {} : { toolsets: commaList(flags.toolsets) }),
            ...(flags.tools === undefined ? {} : { tools: commaList(flags.tools) }),
            ...(flags.readOnly === true ? { readOnly: true } : {}),
          },
        });
        const queue = new JobQueue(services.jobs, [...ownCommand(), '_work']);
        queue.start();
        const connection = serveStdio(factory);
        // The client ends the connection by closing our standard input.
        await Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close'), aborted(stop)]);
        await queue.stop();
        await connection.close();
      } finally {
        services.database.close();
      }
    });
}

const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
