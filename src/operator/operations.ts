import { z } from 'zod';

/** How a value found in the request is written into the proposal's JSON. */
export type ArgumentForm =
  | 'text' // the value as a JSON string
  | 'texts' // an array of strings
  | 'version' // a string freed of a leading `v`
  | 'number' // digits, freed of prefixes such as `v12` or `cpc_12345`, as a JSON number
  | 'numbers' // an array of numbers
  | 'seconds' // a number, or a duration ("5 minutes") turned into seconds
  | 'days' // a number, or a duration turned into days
  | 'choice'; // one of a few words that the model writes itself

interface Argument<Schema extends z.ZodType> {
  form: ArgumentForm;
  schema: Schema;
}

type Arguments = Record<string, Argument<z.ZodType>>;
type SchemasOf<A extends Arguments> = { [Key in keyof A]: A[Key]['schema'] };

/** One operation that the model can propose. Arguments are listed in the order in which the model writes them. */
export interface OperatorOperation<A extends Arguments = Arguments> {
  summary: string;
  effect: 'read' | 'write' | 'destructive';
  arguments: A;
  /** The arguments as one strict object. */
  schema: z.ZodObject<SchemasOf<A>>;
}

function operation<A extends Arguments>(
  effect: OperatorOperation['effect'],
  summary: string,
  args: A,
): OperatorOperation<A> {
  const shape = Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, argument.schema]));
  return { summary, effect, arguments: args, schema: z.strictObject(shape) as z.ZodObject<SchemasOf<A>> };
}

const text = { form: 'text', schema: z.string().min(1) } as const;
const version = { form: 'version', schema: z.string().min(1) } as const;
const texts = { form: 'texts', schema: z.array(z.string().min(1)).min(1) } as const;
const number = { form: 'number', schema: z.int().nonnegative() } as const;
const numbers = { form: 'numbers', schema: z.array(z.int().nonnegative()).min(1) } as const;
const seconds = { form: 'seconds', schema: z.int().positive() } as const;
const days = { form: 'days', schema: z.int().positive() } as const;

function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return { form: 'choice', schema: z.enum(values) } as const;
}

function optional<Schema extends z.ZodType>(argument: Argument<Schema>) {
  return { form: argument.form, schema: argument.schema.optional() };
}

/** Left out where the request names none: whoever plans the change must ask, not guess. */
const network = optional(choice(['STAGING', 'PRODUCTION']));

/** `INVALIDATE`, which is the gentler one, unless the request asks for deletion. */
const purgeAction = choice(['INVALIDATE', 'DELETE']);

const recordType = choice(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'CAA', 'SRV', 'PTR']);

/** What the operator model can propose, by name. A version that is left out means the latest (activate) or previous (roll back). */
export const operatorOperations = {
  'purge.url': operation('write', 'Purge URLs or paths from the edge cache', {
    urls: texts,
    hostname: optional(text),
    action: purgeAction,
    network,
  }),
  'purge.cpcode': operation('write', 'Purge everything under CP codes from the edge cache', {
    cpCodes: numbers,
    action: purgeAction,
    network,
  }),
  'purge.tag': operation('write', 'Purge everything with cache tags from the edge cache', {
    tags: texts,
    action: purgeAction,
    network,
  }),

  'property.activate': operation('write', 'Activate a property version on a network', {
    property: text,
    version: optional(number),
    network,
  }),
  'property.rollback': operation('write', 'Reactivate an earlier property version', {
    property: text,
    version: optional(number),
    network,
  }),
  'property.get': operation('read', 'Look up one property', { property: text }),
  'property.list': operation('read', 'List the properties', {}),
  'property.versions': operation('read', 'List the versions of a property', { property: text }),
  'property.hostnames': operation('read', 'List the hostnames of a property', { property: text }),
  'property.activations': operation('read', 'Activation status and history of a property', {
    property: text,
    network,
  }),
  'property.search': operation('read', 'Find the property that serves a hostname', { hostname: text }),

  'edgeworker.activate': operation('write', 'Activate an EdgeWorker version on a network', {
    edgeWorker: text,
    version: optional(version),
    network,
  }),
  'edgeworker.rollback': operation('write', 'Roll an EdgeWorker back to an earlier version', {
    edgeWorker: text,
    version: optional(version),
    network,
  }),
  'edgeworker.versions': operation('read', 'List the versions of an EdgeWorker', { edgeWorker: text }),
  'edgeworker.activations': operation('read', 'Activation status of an EdgeWorker', { edgeWorker: text, network }),
  'edgeworker.list': operation('read', 'List the EdgeWorkers', {}),

  'certificate.get': operation('read', 'Look up the certificate of a hostname, with its expiry', { hostname: text }),
  'certificate.expiring': operation('read', 'List certificates that expire soon', { withinDays: optional(days) }),

  'error.explain': operation('read', 'Explain an error code or reference number', { reference: text }),

  'dns.zone.list': operation('read', 'List the DNS zones', {}),
  'dns.record.list': operation('read', 'List the DNS records of a zone', { zone: text, type: optional(recordType) }),
  'dns.record.add': operation('write', 'Add a DNS record', {
    zone: optional(text),
    name: text,
    type: recordType,
    ttl: optional(seconds),
    target: text,
  }),
  'dns.record.change': operation('write', 'Change a DNS record', {
    zone: optional(text),
    name: text,
    type: optional(recordType),
    ttl: optional(seconds),
    target: optional(text),
  }),
  'dns.record.delete': operation('destructive', 'Delete a DNS record', {
    zone: optional(text),
    name: text,
    type: optional(recordType),
  }),

  'edgekv.read': operation('read', 'Read an EdgeKV item', {
    namespace: optional(text),
    group: optional(text),
    key: text,
    network,
  }),
  'edgekv.write': operation('write', 'Write an EdgeKV item', {
    namespace: optional(text),
    group: optional(text),
    key: text,
    value: text,
    network,
  }),
  'edgekv.delete': operation('destructive', 'Delete an EdgeKV item', {
    namespace: optional(text),
    group: optional(text),
    key: text,
    network,
  }),
  'edgekv.list': operation('read', 'List the items of an EdgeKV group', {
    namespace: optional(text),
    group: text,
    network,
  }),

  'networklist.list': operation('read', 'List the network lists', {}),
  'networklist.get': operation('read', 'Show the elements of a network list', { networkList: text }),
  'networklist.add': operation('write', 'Add elements to a network list', { networkList: text, elements: texts }),
  'networklist.remove': operation('write', 'Remove elements from a network list', {
    networkList: text,
    elements: texts,
  }),
  'networklist.activate': operation('write', 'Activate a network list', { networkList: text, network }),

  'cpcode.list': operation('read', 'List the CP codes', {}),

  'linode.list': operation('read', 'List Linode instances', { region: optional(text) }),
  'linode.reboot': operation('write', 'Reboot a Linode instance', { instance: text }),
  'linode.boot': operation('write', 'Power a Linode instance on', { instance: text }),
  'linode.shutdown': operation('write', 'Power a Linode instance off', { instance: text }),

  none: operation('read', 'Nothing of the above: small talk, unsupported, or too vague to be safe', {}),
} as const satisfies Record<string, OperatorOperation>;

export type OperatorOperationName = keyof typeof operatorOperations;

/** What the model answers: one line of JSON of this shape. */
export interface OperatorProposal {
  operation: OperatorOperationName;
  arguments: Record<string, unknown>;
}

export const operatorOperationNames = Object.keys(operatorOperations) as OperatorOperationName[];

const proposalFrame = z.strictObject({
  operation: z.enum(operatorOperationNames as [OperatorOperationName, ...OperatorOperationName[]]),
  arguments: z.record(z.string(), z.unknown()),
});

/** The proposal in a line of JSON, checked against its operation's schema; undefined if it is not one. */
export function parseOperatorProposal(line: string): OperatorProposal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const frame = proposalFrame.safeParse(value);
  if (!frame.success) return undefined;
  const args = operatorOperations[frame.data.operation].schema.safeParse(frame.data.arguments);
  return args.success ? { operation: frame.data.operation, arguments: args.data } : undefined;
}
