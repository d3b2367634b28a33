import type { CallEffect, HttpMethod } from '../facts.ts';

/** A POST (or PUT) that only computes or looks up: its last words say so. Reviewed against every operation. */
const READING_WORDS =
  /(^|[-_/])(search|searches|query|queries|lookup|validate|validation|verify|preview|dry-?run|diff|compare|estimate|translate|test-?connection|connectivity)([-_/]|$)/i;

/** Cannot be undone by another call, takes something away, or interrupts who is using it. */
const DESTRUCTIVE_WORDS =
  /(^|[-_/])(delete|deletes|remove|removes|revoke|revocations?|purge|wipe|rebuild|reset|terminate|cancel|deactivate|deactivations?|deprovision|destroy|shutdown|reboot|recycle|discard|unassign|block)([-_/]|$)/i;

/** Where the words mislead, by `api operationId`. Each line was read in the API's documentation. */
const REVIEWED: Readonly<Record<string, CallEffect>> = {
  // Diagnoses look from the edge and store nothing of the account's.
  'edge-diagnostics-v1 post-content-problems': 'read',
  'edge-diagnostics-v1 post-curl': 'read',
  'edge-diagnostics-v1 post-dig': 'read',
  'edge-diagnostics-v1 post-error-translator': 'read',
  'edge-diagnostics-v1 post-debug': 'read',
  'edge-diagnostics-v1 post-estats': 'read',
  'edge-diagnostics-v1 post-grep': 'read',
  'edge-diagnostics-v1 post-locate-ip': 'read',
  'edge-diagnostics-v1 post-mdt': 'read',
  'edge-diagnostics-v1 post-mtr': 'read',
  'edge-diagnostics-v1 post-translated-url': 'read',
  'edge-diagnostics-v1 post-url-health-check': 'read',
  'edgeworkers-v1 post-validations': 'read',
  'config-dns-v2 post-zones-dns-sec-status': 'read',
  'config-dns-v2 post-zones-zone-transfer-status': 'read',
  'config-dns-v2 post-keys-used-by': 'read',
  // Validating moves an onboarding on, skipping all the more; verifying sets the telephone number.
  'appsec-v1 post-onboarding-certificate-validation': 'write',
  'appsec-v1 post-validate-onboarding-cname-records': 'write',
  'appsec-v1 post-skip-onboarding-origin-validation': 'write',
  'appsec-v1 post-onboarding-origin-validation': 'write',
  'linode-v4 post-profile-phone-number-verify': 'write',
};

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
