import { resolve } from 'node:path';
import type { OperationContext } from './context.ts';

/** Where a model is that somebody named: a registered one's directory, else the name as a path. */
export function modelFolder(name: string, { registry }: Pick<OperationContext, 'registry'>): string {
  return registry.models().find((model) => model.name === name)?.directory ?? resolve(name);
}
