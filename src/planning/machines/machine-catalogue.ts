import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith, parseWith } from '../../errors/parse-with.ts';
import { type Machine, machineSchema } from './machine.ts';
import { machineEntries } from './machine-entries.ts';

const builtIn: readonly Machine[] = machineEntries.map((entry) =>
  parseWith(machineSchema, entry, `machine ${entry.id}`),
);

/**
 * The user's own machines: a JSON array of entries like the catalogue's. An entry replaces the built-in one of its id.
 */
const userCatalogueName = 'machines.json';

/** All machines by id: the built-in ones, then those of `machines.json` in the home folder, if it exists. */
export async function loadMachines(homeFolder: string): Promise<Map<string, Machine>> {
  const machines = new Map(builtIn.map((machine) => [machine.id, machine]));
  const path = join(homeFolder, userCatalogueName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  for (const machine of parseJsonWith(z.array(machineSchema), text, path)) machines.set(machine.id, machine);
  return machines;
}

export function findMachine(machines: ReadonlyMap<string, Machine>, id: string): Machine {
  const machine = machines.get(id);
  if (machine !== undefined) return machine;
  throw new FtsError('not-found', `No machine "${id}" in the catalogue.`, {
    field: 'machine',
    value: id,
    remedy: `Choose one of: ${[...machines.keys()].join(', ')}; or add your own to ${userCatalogueName}.`,
  });
}
