import type { OperatorOperationName, OperatorProposal } from '../operator/operations.ts';

/** The tool call that carries a proposal out, or plans it where it is a change; or what the request left open. */
export type ProposedCall = { tool: string; arguments: Record<string, unknown> } | { missing: readonly string[] };

type Values = Record<string, unknown>;

/** A call whose every value has been said. Values that may be left out stand in `optional`. */
function call(tool: string, needed: Values, optional: Values = {}): ProposedCall {
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0) return { missing };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { tool, arguments: { ...needed, ...Object.fromEntries(given) } };
}

const lower = (value: unknown): string | undefined => (typeof value === 'string' ? value.toLowerCase() : undefined);

/** `www` in the zone `example.com` is `www.example.com`. */
function fullName({ name, zone }: Values): unknown {
  if (typeof name !== 'string' || typeof zone !== 'string') return name;
  return name === zone || name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

/** A path becomes a URL of the hostname that the request names; undefined where it names none. */
function absoluteUrl(url: string, hostname: unknown): string | undefined {
  if (/^https?:\/\//.test(url)) return url;
  if (typeof hostname === 'string') return `https://${hostname}/${url.replace(/^\//, '')}`;
  return url.startsWith('/') ? undefined : `https://${url}`;
}

const purge = (objects: unknown, type: string, { action, network }: Values): ProposedCall =>
  call('akamai_purge', { objects, type, action: lower(action), network });

const propertyPart =
  (part: string) =>
  ({ property }: Values): ProposedCall =>
    call('akamai_property_show', { property, part });

/**
 * How each operation of the operator model's language is done with our tools. Changes become plans, for a person to
 * approve; where the network was not named nobody guesses it. What is not here has no tool of its own.
 */
const calls: Partial<Record<OperatorOperationName, (values: Values) => ProposedCall>> = {
  'purge.url': (values) => {
    const urls = (values.urls as string[]).map((url) => absoluteUrl(url, values.hostname));
    return urls.includes(undefined) ? { missing: ['hostname'] } : purge(urls, 'url', values);
  },
  'purge.cpcode': (values) => purge((values.cpCodes as number[]).map(String), 'cpcode', values),
  'purge.tag': (values) => purge(values.tags, 'tag', values),

  'property.activate': ({ property, version, network }) =>
    call('akamai_property_change', { action: 'activate', property, network }, { version }),
  'property.rollback': ({ property, version, network }) =>
    version === undefined
      ? call('akamai_property_change', { action: 'fall-back', property, network })
      : call('akamai_property_change', { action: 'activate', property, network, version }),
  'property.get': propertyPart('summary'),
  'property.versions': propertyPart('versions'),
  'property.hostnames': propertyPart('hostnames'),
  'property.activations': propertyPart('activations'),
  'property.list': () => call('akamai_property_find', {}),
  'property.search': ({ hostname }) => call('akamai_property_find', { query: hostname }),

  'edgeworker.activate': ({ edgeWorker, version, network }) =>
    call('akamai_edgeworker_change', { action: 'activate', edgeWorker, version, network }),
  'edgeworker.rollback': ({ edgeWorker, version, network }) =>
    version === undefined
      ? call('akamai_edgeworker_change', { action: 'roll-back', edgeWorker, network })
      : call('akamai_edgeworker_change', { action: 'activate', edgeWorker, version, network }),
  'edgeworker.versions': ({ edgeWorker }) => call('akamai_edgeworker', { edgeWorker }),
  'edgeworker.activations': ({ edgeWorker }) => call('akamai_edgeworker', { edgeWorker }),
  'edgeworker.list': () => call('akamai_edgeworker', {}),

  'certificate.get': ({ hostname }) => call('akamai_certificates', { search: hostname }),
  'certificate.expiring': ({ withinDays }) => call('akamai_certificates', { withinDays: withinDays ?? 30 }),
  'error.explain': ({ reference }) => call('akamai_explain', { error: reference }),

  'dns.zone.list': () => call('akamai_dns', {}),
  'dns.record.list': ({ zone, type }) => call('akamai_dns', { zone }, { types: type === undefined ? type : [type] }),
  'dns.record.add': (values) => setRecord(values),
  'dns.record.change': (values) => setRecord(values),
  'dns.record.delete': (values) =>
    call('akamai_dns_change', { action: 'delete', name: fullName(values), type: values.type }, { zone: values.zone }),

  'edgekv.read': ({ namespace, group, key, network }) =>
    call('akamai_edgekv', { namespace, group, item: key }, { network }),
  'edgekv.list': ({ namespace, group, network }) => call('akamai_edgekv', { namespace, group }, { network }),
  'edgekv.write': ({ namespace, group, key, value, network }) =>
    call('akamai_edgekv_change', { action: 'write', namespace, group, item: key, value, network }),
  'edgekv.delete': ({ namespace, group, key, network }) =>
    call('akamai_edgekv_change', { action: 'delete', namespace, group, item: key, network }),

  'linode.list': ({ region }) => call('akamai_cloud', { what: 'instances' }, { region }),
};

function setRecord(values: Values): ProposedCall {
  const { type, target, ttl, zone } = values;
  const data = target === undefined ? undefined : [target];
  return call('akamai_dns_change', { action: 'set', name: fullName(values), type, data }, { ttl, zone });
}

/** Undefined for an operation that no tool does: it is to be looked up in the catalogue. */
export function proposedCall({ operation, arguments: values }: OperatorProposal): ProposedCall | undefined {
  return calls[operation]?.(values);
}
