import type { CallEffect, HttpMethod } from '../facts.ts';
import { REVIEWED_EFFECTS } from './reviewed-effects.ts';

/** A POST that only computes or looks up says so in its words. */
const READING_WORDS =
  /(^|[-_/])(search|searches|query|queries|lookup|validate|validation|verify|preview|dry-?run|diff|compare|estimate|translate|test-?connection|connectivity)([-_/]|$)/i;

/** Cannot be undone by another call, takes something away, or interrupts who is using it. */
const DESTRUCTIVE_WORDS =
  /(^|[-_/])(delete|deletes|remove|removes|revoke|revocations?|purge|wipe|rebuild|reset|terminate|cancel|deactivate|deactivations?|deprovision|destroy|shutdown|reboot|recycle|discard|unassign|block)([-_/]|$)/i;

/** The effect of an operation, by its method, the words of its path and id, and a reviewed table of exceptions. */
export function effectOf(api: string, id: string, method: HttpMethod, path: string): CallEffect {
  const reviewed = REVIEWED_EFFECTS.get(`${api} ${id}`);
  if (reviewed) return reviewed;
  if (method === 'GET' || method === 'HEAD') return 'read';
  if (method === 'DELETE') return 'destructive';
  const fixed = path.replace(/\{[^}]*\}/g, '');
  const words = `${fixed}/${id}`;
  if (DESTRUCTIVE_WORDS.test(words)) return 'destructive';
  return method === 'POST' && READING_WORDS.test(words) ? 'read' : 'write';
}
