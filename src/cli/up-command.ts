import { once } from 'node:events';
import { Command } from 'commander';
import pc from 'picocolors';
import { writeResult } from '../runtime/terminal-output.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { openServer } from './run-server.ts';
import { SampleLife } from './sample-life.ts';
import { addServerFlags, readServerFlags, type ServerFlags } from './server-flags.ts';
import { serverUrls } from './server-urls.ts';
import { stopSignal } from './stop-signal.ts';

/** `fts up`: the server, and on an empty home the sample life of the operator model. */
export function upCommand(version: string): Command {
  const command = new Command('up')
    .summary('Start the server; on an empty home, first run the sample life')
    .description(
      'Starts the server (console, MCP, OpenAI- and Ollama-compatible API). On an empty home it first plans, trains, quantizes, evaluates, deploys and measures the operator model, through the same operations that you would call. Interrupted, it goes on at the next start.',
    )
    .option('--no-sample', 'Do not run the sample life')
    .addHelpText('after', '\nExample:\n  $ fts up --port 9000');
  return addServerFlags(command).action(async (options: ServerFlags & { sample: boolean }) => {
    const signal = stopSignal();
    const services = openServices(process.env, readServerFlags(options));
    try {
      const server = await openServer(services, version);
      try {
        writeResult(`${pc.bold('FTS MCP Server')} ${version}  ${pc.cyan(server.url)}\n`);
        const life = new SampleLife(services, server.url);
        if (options.sample && life.isDue()) await life.run(signal);
        else writeResult(`${serverUrls(server.url)}\n`);
        if (!signal.aborted) {
          writeResult(pc.dim('Ctrl-C stops it.\n'));
          await once(signal, 'abort');
        }
      } finally {
        writeResult(pc.dim('\nStopping…\n'));
        await server.close();
      }
    } finally {
      await closeServices(services);
    }
  });
}
