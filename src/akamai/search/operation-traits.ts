import type { ApiOperation } from '../catalogue/catalogue.ts';
import { stems } from './search-index.ts';

/** What ranking asks of an operation again and again, worked out once. */
export interface OperationTraits {
  operation: ApiOperation;
  /** The API without its version. */
  name: string;
  /** Takes something away, by method or by name. */
  removes: boolean;
  /** The path ends with a parameter: it is about one thing. */
  single: boolean;
  /** Stems of the last fixed segment of the path. */
  resource: readonly string[];
}

const REMOVING = /delete|remove|revoke|cancel|deactivate|unassign|detach|unsubscribe/i;

export function traitsOf(operation: ApiOperation): OperationTraits {
  const fixed = operation.path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
  return {
    operation,
    name: operation.api.replace(/-v\d+$/, ''),
    removes: operation.method === 'DELETE' || REMOVING.test(`${operation.operationId} ${fixed.join(' ')}`),
    single: operation.path.endsWith('}'),
    resource: stems(fixed.at(-1) ?? ''),
  };
}
