import { realpathSync } from 'node:fs';
import { environmentName, type SettingKey } from '../config/settings.ts';
import { requireCredentialsBeyondLoopback } from '../http/authentication/authentication.ts';
import { createApp, startServer } from '../http/server.ts';
import { servicesAtPort } from '../http/services-at-port.ts';
import { JobQueue } from '../jobs/job-queue.ts';
import { writeNote } from '../runtime/terminal-output.ts';
import type { Services } from '../services/context.ts';
import { sweepUnfinished } from '../store/atomic-file.ts';
import { bounded } from '../store/bounded-value.ts';
import { visibleLine } from '../text/visible-text.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';
import { openServing } from '../workflows/serving/open-serving.ts';
import { terminalUser } from './terminal-user.ts';

export interface ServerProcess {
  url: string;
  /** Lets the running job save its state and open answers end, then closes everything. */
  close(): Promise<void>;
}

/** How long open answers may go on after a stop was asked for. */
const drainSeconds = 10;

/** The command line that starts this very program again, from `dist` or from source. */
export function ownCommand(): string[] {
  return [process.execPath, ...process.execArgv, realpathSync(process.argv[1]!)];
}

/** Change plans whose process died: reading the state back must not hold up whoever waits for the server. */
export function settlePlansInBackground(services: Services): void {
  void akamaiOf(services)
    .settleInterruptedPlans()
    .catch((error: Error) =>
      writeNote(`Interrupted change plans could not be settled: ${visibleLine(error.message)}\n`),
    );
}

/** Settings come from a file and the environment, so how a server was set up is recorded when it starts. */
function recordStart({ audit, config }: Services, url: string): void {
  const set = Object.entries(config.origins).filter(([, { from }]) => from !== 'default');
  const settings = set.map(([key, { from }]) => [key, { value: config.values[key as SettingKey], from }]);
  audit.record({
    actor: terminalUser().name,
    channel: 'terminal',
    action: 'server.start',
    subject: url,
    outcome: 'ok',
    details: { settings: bounded(audit.withoutSecrets(Object.fromEntries(settings))) },
  });
}

/** Binds the port first, so that a taken one is told before anything else happens; then takes up queued jobs. */
export async function openServer(services: Services, version: string): Promise<ServerProcess> {
  const { config } = services;
  const { 'server.host': host, 'server.port': port } = config.values;
  requireCredentialsBeyondLoopback(services);
  const serving = openServing(services);
  const stop = new AbortController();
  const appAt = (bound: number) => {
    const program = { version, command: ownCommand() };
    return createApp(servicesAtPort(services, bound), program, serving, stop.signal);
  };
  const server = await startServer(appAt, host, port);
  recordStart(services, server.url);
  await sweepUnfinished(services.home.root);
  const queue = new JobQueue(services.jobs, [...ownCommand(), '_work'], {
    [environmentName('server.host')]: host,
    [environmentName('server.port')]: new URL(server.url).port,
  });
  queue.start();
  settlePlansInBackground(services);
  return {
    url: server.url,
    close: async () => {
      await Promise.all([queue.stop(), serving.pool.drain(drainSeconds)]);
      stop.abort();
      await server.close();
    },
  };
}
