import type { OperationTraits } from './operation-traits.ts';
import { stems } from './search-index.ts';

/** Which nouns a request uses in the plural ("list the zones") and which in the singular ("zone example.com"). */
export interface Numbers {
  plural: ReadonlySet<string>;
  singular: ReadonlySet<string>;
}

export function numbersOf(request: string): Numbers {
  const plural = new Set<string>();
  const singular = new Set<string>();
  for (const word of request.toLowerCase().match(/[a-z]+/g) ?? []) {
    const [stem] = stems(word);
    if (stem === undefined) continue;
    if (/[^s]s$/.test(word) && !/(us|is|ss)$/.test(word)) plural.add(stem);
    else singular.add(stem);
  }
  return { plural, singular };
}

/** Reads of a whole list for a plural, of one thing for a singular; 1 where the request does not name the resource. */
export function numberFactor(numbers: Numbers, { operation, resource, single }: OperationTraits): number {
  if (operation.effect !== 'read' || operation.method !== 'GET') return 1;
  if (resource.some((stem) => numbers.plural.has(stem))) return single ? 0.9 : 1.1;
  if (resource.some((stem) => numbers.singular.has(stem))) return single ? 1.1 : 0.97;
  return 1;
}
