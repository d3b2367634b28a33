import { FtsError } from '../../errors/fts-error.ts';
import type { BodyShape, OperationShape } from './facts.ts';

/** The `Accept` of a call: JSON where offered, else the newest version of each media type that the operation answers. */
export function acceptFor(responses: OperationShape['responses'], hints: readonly string[] = []): string {
  const types = new Set<string>();
  for (const content of Object.values(responses)) for (const type of Object.keys(content)) types.add(type);
  if (types.size === 0 || types.has('application/json')) return 'application/json';
  if (types.has('*/*')) return 'application/json, */*;q=0.5';
  const newest = newestVersions([...types]);
  return likeliest(newest, hints) ?? newest.join(', ');
}

/** The media type in which a body travels: the caller's choice if the operation takes it, else JSON, else the newest. */
export function bodyTypeFor(
  body: BodyShape | undefined,
  chosen: string | undefined,
  hints: readonly string[] = [],
): string | undefined {
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
  const newest = newestVersions(types);
  return likeliest(newest, hints) ?? newest[0];
}

/** Where one operation has several kinds of message, a value of its path names the kind: `third-party-csr`, `…csr.v2`. */
function likeliest(types: readonly string[], hints: readonly string[]): string | undefined {
  const words = hints.flatMap((hint) => hint.toLowerCase().split(/[^a-z]+/)).filter((word) => word.length > 2);
  const shared = (type: string) => words.filter((word) => type.includes(word)).length;
  const [best] = [...types].sort((a, b) => shared(b) - shared(a));
  return types.length > 1 && best !== undefined && shared(best) > 0 ? best : undefined;
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
