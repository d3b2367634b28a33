import { FtsError } from '../../errors/fts-error.ts';
import type { BodyShape, OperationShape } from './facts.ts';

/** The `Accept` of a call: JSON where offered, else the newest version of each media type that the operation answers. */
export function acceptFor(responses: OperationShape['responses']): string {
  const types = new Set<string>();
  for (const content of Object.values(responses)) for (const type of Object.keys(content)) types.add(type);
  if (types.size === 0 || types.has('application/json')) return 'application/json';
  if (types.has('*/*')) return 'application/json, */*;q=0.5';
  return newestVersions([...types]).join(', ');
}

/** The media type in which a body travels: the caller's choice if the operation takes it, else JSON, else the newest. */
export function bodyTypeFor(body: BodyShape | undefined, chosen: string | undefined): string | undefined {
  if (!body) return undefined;
  const types = Object.keys(body.content);
  if (chosen !== undefined) {
    const type = chosen.split(';')[0]!.trim();
    if (types.includes(type)) return type;
    if (types.includes('*/*')) return '*/*';
    throw new FtsError('invalid-input', `This operation does not take a body of type ${type}.`, {
      field: 'headers.content-type',
      value: type,
      remedy: `Use one of: ${types.join(', ')}.`,
    });
  }
  if (types.includes('application/json')) return 'application/json';
  return newestVersions(types)[0];
}

/** `…cps.csr.v1+json` and `…v2+json` are one family: only the newest of each stays, in the documents' order. */
function newestVersions(types: readonly string[]): string[] {
  const families = new Map<string, { type: string; version: number }>();
  for (const type of types) {
    const match = /^(.*\.v)([\d.]+)(\+\w+)?$/.exec(type);
    const family = match ? `${match[1]}${match[3] ?? ''}` : type;
    const version = match ? Number(match[2]) : 0;
    const known = families.get(family);
    if (!known || version > known.version) families.set(family, { type, version });
  }
  return [...families.values()].map(({ type }) => type);
}
