import type { z } from 'zod';
import { type Asking, requireReachable } from '../inputs/address.ts';
import type { CallerFiles } from '../inputs/caller-files.ts';
import type { FileToRead, FileToWrite } from '../inputs/file-inputs.ts';
import { type NamedThing, namedThings } from '../inputs/names.ts';
import type { Operation } from './operation.ts';

/** What a schema's values name, whether they are optional, have a default or stand in a list. */
export function namedBy(schema: z.core.$ZodType): NamedThing | undefined {
  const known = namedThings.get(schema as z.ZodType);
  if (known !== undefined) return known.names;
  const { def } = schema._zod as z.core.$ZodTypeInternals & {
    def: { innerType?: z.core.$ZodType; element?: z.core.$ZodType };
  };
  const inner = def.innerType ?? def.element;
  return inner === undefined ? undefined : namedBy(inner);
}

/**
 * Refuses a call that names a file which its caller may not use, before anything is done for it. An operation that looks
 * at what a text means first, a model's name or a path, asks `context.files` by itself.
 */
export function checkNamedFiles(operation: Operation, input: Record<string, unknown>, files: CallerFiles): void {
  for (const [field, schema] of Object.entries(operation.input.shape)) {
    const names = namedBy(schema);
    for (const value of [input[field]].flat()) {
      if (value === undefined) continue;
      if (names === 'file to read') files.read(field, value as FileToRead);
      if (names === 'file to write') files.checkTarget(field, value as FileToWrite, input.overwrite === true);
    }
  }
}

/** Refuses a call that names an address which its caller may not have called, before anything is done for it. */
export function checkNamedAddresses(operation: Operation, input: Record<string, unknown>, asking: Asking): void {
  for (const [field, schema] of Object.entries(operation.input.shape)) {
    const address = input[field];
    if (namedBy(schema) === 'address' && address !== undefined) requireReachable(field, address as string, asking);
  }
}
