import type { HttpMethod } from '../facts.ts';

/** How people write what the paths run together. */
const NOUNS: Readonly<Record<string, string>> = {
  cpcodes: 'CP codes',
  edgehostnames: 'edge hostnames',
  papi: 'PAPI',
};

/** One sentence of our own for an operation: what it does to which resource, from its method and path alone. */
export function summarise(method: HttpMethod, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  const single = last.startsWith('{');
  const names = segments.filter((segment) => !segment.startsWith('{')).map(noun);
  const resource = names.at(-1) ?? 'resource';
  const owner = names.at(-2);
  const of = owner === undefined ? '' : ` of ${owner}`;
  switch (method) {
    case 'GET':
      return single ? `Read one of ${resource}${of}.` : `List or read ${resource}${of}.`;
    case 'HEAD':
      return `Check ${resource}${of}.`;
    case 'DELETE':
      return single ? `Delete one of ${resource}${of}.` : `Delete ${resource}${of}.`;
    case 'PUT':
      return single ? `Replace one of ${resource}${of}.` : `Replace ${resource}${of}.`;
    case 'PATCH':
      return single ? `Change parts of one of ${resource}${of}.` : `Change parts of ${resource}${of}.`;
    case 'POST':
      return `Create or run ${resource}${of}.`;
  }
}

function noun(segment: string): string {
  return (
    NOUNS[segment] ??
    segment
      .replace(/[-_]/g, ' ')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
  );
}
