import { Command } from 'commander';
import { workOn } from '../operations/call-operation.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { stopSignal } from './stop-signal.ts';

/** `fts _work ID`: what a `JobQueue` starts in a child process. It reports through the job's record alone. */
export function workCommand(): Command {
  return new Command('_work').argument('<id>').action(async (id: string) => {
    const services = openServices(process.env, {});
    try {
      await workOn(services.jobs.takeOver(id), services, { stop: stopSignal() });
    } finally {
      await closeServices(services);
      if (process.connected) process.disconnect();
    }
  });
}
