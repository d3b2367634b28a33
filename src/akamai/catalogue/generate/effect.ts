import type { CallEffect, HttpMethod } from '../facts.ts';

/** A POST (or PUT) that only computes or looks up: its last words say so. Reviewed against every operation. */
const READING_WORDS =
  /(^|[-_/])(search|searches|query|queries|lookup|validate|validation|verify|preview|dry-?run|diff|compare|estimate|translate|test-?connection|connectivity)([-_/]|$)/i;

/** Cannot be undone by another call, takes something away, or interrupts who is using it. */
const DESTRUCTIVE_WORDS =
  /(^|[-_/])(delete|deletes|remove|removes|revoke|revocations?|purge|wipe|rebuild|reset|terminate|cancel|deactivate|deactivations?|deprovision|destroy|shutdown|reboot|recycle|discard|unassign|block)([-_/]|$)/i;

/** Where the words mislead, by `api operationId`. Each line was read in the API's documentation. */
const REVIEWED: Readonly<Record<string, CallEffect>> = {};

/** The effect of an operation, by its method, the words of its path and id, and a reviewed table of exceptions. */
export function effectOf(api: string, id: string, method: HttpMethod, path: string): CallEffect {
  const reviewed = REVIEWED[`${api} ${id}`];
  if (reviewed) return reviewed;
  if (method === 'GET' || method === 'HEAD') return 'read';
  if (method === 'DELETE') return 'destructive';
  const fixed = path.replace(/\{[^}]*\}/g, '');
  const words = `${fixed}/${id}`;
  if (DESTRUCTIVE_WORDS.test(words)) return 'destructive';
  return method === 'POST' && READING_WORDS.test(words) ? 'read' : 'write';
}
