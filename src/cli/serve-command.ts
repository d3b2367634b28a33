import { once } from 'node:events';
import { Command } from 'commander';
import pc from 'picocolors';
import { writeResult } from '../runtime/terminal-output.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { openServer } from './run-server.ts';
import { addServerFlags, readServerFlags, type ServerFlags } from './server-flags.ts';
import { serverUrls } from './server-urls.ts';
import { stopSignal } from './stop-signal.ts';

/** `fts serve`: the server alone, for what has been deployed. */
export function serveCommand(version: string): Command {
  const command = new Command('serve')
    .summary('Serve the deployed models and every other face over HTTP')
    .description(
      'Starts the server: console, MCP, OpenAI- and Ollama-compatible API. Models load at their first request.',
    )
    .addHelpText('after', '\nExamples:\n  $ fts serve --port 9000\n  $ fts serve --upstream http://127.0.0.1:11434');
  return addServerFlags(command).action(async (options: ServerFlags) => {
    const signal = stopSignal();
    const services = openServices(process.env, readServerFlags(options));
    try {
      const server = await openServer(services, version);
      writeResult(
        `${pc.bold('FTS MCP Server')} ${version}\n${serverUrls(server.url)}\n${pc.dim('Ctrl-C stops it.')}\n`,
      );
      if (!signal.aborted) await once(signal, 'abort');
      await server.close();
    } finally {
      await closeServices(services);
    }
  });
}
