import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Services } from '../src/services/context.ts';
import { openServices } from '../src/services/open-services.ts';

const opened: { folder: string; services: Services | undefined }[] = [];

afterEach(() => {
  const ended = opened.splice(0);
  // A home is listed before the services that are opened in it, and what they still record needs its folder.
  for (const { services } of ended) {
    if (services?.database.open === true) services.refusals.flush();
    services?.database.close();
  }
  for (const { folder } of ended) rmSync(folder, { recursive: true, force: true });
});

/** A folder for `FTS_HOME` that is gone after the test. */
export function temporaryHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fts-test-'));
  opened.push({ folder, services: undefined });
  return folder;
}

/** Home, configuration, database and registry of an empty program, closed and removed after the test. */
export function temporaryServices(environment: NodeJS.ProcessEnv = {}): Services {
  const folder = temporaryHome();
  const services = openServices({ ...environment, FTS_HOME: folder }, {});
  opened.push({ folder, services });
  return services;
}

/** The services of a home that is there already; closed after the test, if not before. */
export function servicesOf(folder: string): Services {
  const services = openServices({ FTS_HOME: folder }, {});
  opened.push({ folder, services });
  return services;
}
