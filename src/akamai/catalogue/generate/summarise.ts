import type { CallEffect, HttpMethod } from '../facts.ts';

/** How people write what the paths run together or abbreviate. Keys are whole segments. */
const NOUNS: Readonly<Record<string, string>> = {
  agents: 'connectors',
  apps: 'applications',
  appbundle: 'application bundles',
  appcategories: 'application categories',
  appdirectories: 'application directories',
  appgroups: 'application groups',
  appidp: 'application identity providers',
  idp: 'identity providers',
  idpdirectory: 'identity provider directories',
  groupmembership: 'group memberships',
  urllocation: 'URL location rules',
  cpcodes: 'CP codes',
  edgehostnames: 'edge hostnames',
  recordsets: 'record sets',
  'ui-identities': 'users',
  'auth-grants': 'access grants',
  'ip-acl': 'IP access lists',
  ids: 'EdgeWorker IDs',
  'akamai-sinkholes': 'security connectors',
  honeypots: 'custom responses',
  'msl-origin': 'live origins',
  tfa: 'two-factor authentication',
  imagecollections: 'image collections',
  policysets: 'policy sets',
  edgeworkers: 'EdgeWorkers',
  stackscripts: 'StackScripts',
  nodebalancers: 'NodeBalancers',
  sshkeys: 'SSH keys',
  vpcs: 'VPCs',
  vlans: 'VLANs',
  ips: 'IP addresses',
  vips: 'virtual IP addresses',
  mips: 'mapped IP addresses',
  lke: 'Kubernetes',
  bom: 'bill of materials',
  reportingGroups: 'reporting groups',
  siem: 'SIEM settings',
  cpc: 'client-side protection',
  cdns: 'CDNs',
  cves: 'CVEs',
  ioc: 'indicators of compromise',
  mdt: 'metadata traces',
  url: 'URL',
  cpcode: 'CP code',
  tag: 'cache tag',
  'dns-sec-status': 'DNSSEC status',
  dns: 'DNS',
  vod: 'VOD assets',
  piis: 'personal data findings',
};

/** Folders of a path that say nothing about the resource. */
const FOLDERS = new Set([
  'mgmt-pop',
  'user-admin',
  'functional',
  'log',
  'data',
  'networking',
  'op',
  'common',
  'inventory',
  'device-posture',
  'media-services-live',
  'network',
  'environments',
  'host',
  'basepath',
  'contract',
  'start',
  'end',
  'gtm',
  'export',
  'advanced-settings',
  'settings',
]);

const ACTIONS = new Set(
  (
    'activate deactivate clone cloneEndpoint cloneVersion hide show approve deploy enable disable lock unlock reset revoke restore move ' +
    'generate import append acknowledge subscribe unsubscribe rollback pin unpin compare submit validate search boot reboot shutdown ' +
    'rebuild resize rescue migrate mutate attach detach cancel accept assign unassign share recycle regenerate close upgrade sync verify ' +
    'skip remove download patch onboard block unblock allocate replicate rotateJWT invalidate delete execute apply re-activate de-activate ' +
    'auto-generate confirm-distribution confirm-download assign-policy assign-groups assign-policies assign-hardware-token upload test ' +
    'rotate-entitlement-code change-local-password generate-activation-code reinviteusers deleteusers createusers clear make-default ' +
    'reset-password set-password change-password schedule-now try-it add'
  ).split(' '),
);

const ACRONYMS =
  /\b(api|icp|pii|jwt|cors|url|ip|ipv4|ipv6|idp|aup|dns|ssl|id|cidr|acl|gtm|cdn|cname|siem|waf|ca|ocsp|os|vpn|dlp|tsig|csr|dv|ssh|esi|g2o|mysql)\b/g;

interface Noun {
  text: string;
  /** A path parameter follows: one of them is meant. */
  one: boolean;
}

/** One sentence of our own for an operation: what it does to which resource, from method, path and effect alone. */
export function summarise(api: string, method: HttpMethod, path: string, effect: CallEffect): string {
  const readable = path
    .replace('/names/{name}/types/{type}', '/record-sets/{type}')
    .replace('/names/{name}/types', '/record-types');
  const segments = readable.split('/').filter((segment) => segment !== '' && segment !== '{apiVersion}');
  const fixed = segments
    .map((segment, index) => ({ segment, one: segments[index + 1]?.startsWith('{') ?? false }))
    .filter(({ segment }) => !segment.startsWith('{'));
  const isAction = (segment: string | undefined) => segment !== undefined && ACTIONS.has(segment);
  const last = fixed.at(-1);
  const first = fixed[0];
  const nouns = (from: typeof fixed): Noun[] =>
    from
      .filter(({ segment }) => !FOLDERS.has(segment) && !isAction(segment))
      .map(({ segment, one }) => ({ text: nounOf(segment), one }));
  const sentence = (verb: string, chain: Noun[], one?: boolean) => {
    const [resource = { text: api.toLowerCase(), one: false }, ...owners] = chain.toReversed();
    const single = one ?? resource.one;
    const what = single ? article(singular(resource.text)) : resource.text;
    const of = owners
      .slice(0, 2)
      .map((owner) => (owner.one ? ` of ${article(singular(owner.text))}` : ` (${owner.text})`));
    return `${capital(`${verb} ${what}`)}${of.join('')} — ${api}`;
  };
  if (first && last && fixed.length === 2 && ['invalidate', 'delete'].includes(first.segment)) {
    return `${capital(first.segment)} cached content by ${nounOf(last.segment)} — ${api}`;
  }
  if (isAction(last?.segment) && method !== 'GET') return sentence(words(last!.segment), nouns(fixed.slice(0, -1)));
  const chain = nouns(fixed);
  const collection = isPlural(chain.at(-1)?.text ?? '');
  const pointed = chain.at(-1)?.one ?? false;
  if (effect === 'read') {
    if (method !== 'GET') return sentence(method === 'HEAD' ? 'check' : 'query', chain);
    return sentence(pointed || !collection ? 'read' : 'list', chain);
  }
  if (method === 'DELETE') return sentence('delete', chain);
  if (method === 'PATCH') return sentence('change parts of', chain);
  if (method === 'PUT') return sentence('set', chain);
  return sentence(collection || pointed ? 'create' : 'submit', chain, collection);
}

function nounOf(segment: string): string {
  return NOUNS[segment] ?? words(segment);
}

function words(segment: string): string {
  const spaced = segment.replace(/[-_]/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2');
  return spaced.toLowerCase().replace(ACRONYMS, (word) => word.toUpperCase());
}

function isPlural(text: string): boolean {
  return /[^s]s$/.test(text) && !/(status|settings|dns|access|analysis|news)$/.test(text);
}

function singular(text: string): string {
  if (!isPlural(text)) return text;
  return text
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/s$/, '');
}

function article(text: string): string {
  return `${/^([aeio]|u[np]|E|IP|SSH|SSL|A|OS|OCSP)/.test(text) ? 'an' : 'a'} ${text}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
