import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { anchorAddress } from './anchor-address.ts';

interface Setting<Schema extends z.ZodType = z.ZodType> {
  schema: Schema;
  /** Made when asked for, because some defaults depend on the machine. */
  default: () => z.output<Schema>;
  description: string;
  /** For the documentation, where the default depends on the machine. */
  defaultInWords?: string;
}

const setting = <Schema extends z.ZodType>(
  schema: Schema,
  fallback: () => z.output<Schema>,
  description: string,
  defaultInWords?: string,
): Setting<Schema> => ({
  schema,
  default: fallback,
  description,
  ...(defaultInWords === undefined ? {} : { defaultInWords }),
});

const port = z.coerce.number().int().min(0).max(65535);

const optionalUrl = z
  .url({ protocol: /^https?$/ })
  .transform((url) => url.replace(/\/$/, ''))
  .optional();

/** In a file a list, in a variable or flag one text with commas. */
const nameList = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((item) => item.trim())
          .filter(Boolean)
      : value,
  z.array(z.string().min(1)),
);

/** Exact origins as browsers send them, in a list or one text with commas. */
const originList = nameList.pipe(
  z.array(
    z
      .string()
      .regex(/^[a-z][a-z0-9+.-]*:\/\/[^/\s*?#]+$/i, 'An origin is scheme://host, with :port where it has one')
      .toLowerCase(),
  ),
);

/** Addresses, or networks such as 10.0.0.0/8. */
const networkList = nameList.pipe(z.array(z.ipv4().or(z.ipv6()).or(z.cidrv4()).or(z.cidrv6())));

/** Where heads of the audit log are also kept, in a list or one text with commas. */
const anchorList = nameList.pipe(
  z.array(
    z
      .string()
      .refine(
        (text) => anchorAddress(text) !== undefined,
        'An anchor is the absolute path of a file, syslog, syslog://host:port, or an address with http or https',
      ),
  ),
);

/** Every setting of the program, once: `fts config`, the config file, `FTS_…` variables and flags all read this table. */
export const settings = {
  'server.host': setting(z.string().min(1), () => '127.0.0.1', 'Address the server binds. Beyond loopback needs keys.'),
  'server.port': setting(port, () => 8787, 'Port of the HTTP server.'),
  'server.hosts': setting(
    nameList,
    () => [],
    'Further host names under which this server is called. With one beyond loopback every caller needs a key.',
  ),
  'server.origins': setting(
    originList,
    () => [],
    'Origins (scheme://host:port) of pages elsewhere that may call this server; its own pages always may.',
  ),
  'server.proxies': setting(
    networkList,
    () => [],
    'Addresses or networks of proxies whose word counts for how a client called them (https or http).',
  ),
  'server.url': setting(
    optionalUrl,
    () => undefined,
    'How clients reach this server, when not by host and port (behind a proxy). Beyond loopback every caller needs a key.',
  ),
  'auth.required': setting(z.stringbool().or(z.boolean()), () => false, 'Ask for a key or token also on loopback.'),
  'oauth.issuer': setting(
    optionalUrl,
    () => undefined,
    'Authorization server whose access tokens are accepted (OAuth 2.1, JWT).',
  ),
  'oauth.jwks': setting(
    optionalUrl,
    () => undefined,
    'Where that server publishes its keys, when its metadata does not say.',
  ),
  'oauth.audience': setting(
    z.string().min(1).optional(),
    () => undefined,
    'What its tokens must be made out for; by default the URL of /mcp.',
  ),
  threads: setting(
    z.coerce.number().int().min(1).max(1024),
    () => availableParallelism(),
    'Threads for training and serving.',
    'the CPUs that this process may use',
  ),
  'addresses.allow': setting(
    nameList.pipe(z.array(z.url({ protocol: /^https?$/ }))),
    () => [],
    'Servers elsewhere (scheme://host:port) that callers other than a terminal may have called, such as by benchmark.',
  ),
  'benchmark.url': setting(
    optionalUrl,
    () => undefined,
    'Server that FTS_BENCHMARK_API_KEY is for, and that alone gets it; by default this one, or what a terminal names.',
  ),
  'files.allow': setting(
    nameList,
    () => [],
    'Folders, besides FTS_HOME/inbox, whose files callers other than a terminal may name.',
  ),
  'serve.context-tokens': setting(
    z.coerce.number().int().min(256).max(10_000_000).optional(),
    () => undefined,
    'Tokens in the KV cache of a served model, shared by its requests; by default from the free memory.',
  ),
  'serve.max-running': setting(
    z.coerce.number().int().min(1).max(200),
    () => 16,
    'Requests that one model answers in the same batch.',
  ),
  'serve.max-queued': setting(
    z.coerce.number().int().min(0).max(100_000),
    () => 256,
    'Requests that may wait before one model; more get 429 with Retry-After.',
  ),
  'serve.chunk-tokens': setting(
    z.coerce.number().int().min(16).max(8192),
    () => 256,
    'Prompt tokens read in one step; fewer keep running streams smoother, more read long prompts faster.',
  ),
  'serve.stream-interval-ms': setting(
    z.coerce.number().int().min(0).max(1000),
    () => 50,
    'Tokens of a stream that follow each other faster travel together; 0 sends each by itself. First tokens never wait.',
  ),
  'serve.cache-type': setting(
    z.enum(['f16', 'q8_0']),
    () => 'f16' as const,
    'Type of the KV cache; q8_0 halves its memory and is slower on CPUs.',
  ),
  'serve.kv-layout': setting(
    z.enum(['auto', 'unified', 'streams']),
    () => 'auto' as const,
    'One pool of cache cells for all requests, or an equal part for each: faster, but shorter. auto: parts where nothing is lost.',
  ),
  'serve.speculation': setting(
    z.enum(['off', 'lookup']),
    () => 'lookup' as const,
    'Whether to guess tokens ahead from the text so far; it turns itself off where it does not pay.',
  ),
  'serve.keep-alive-seconds': setting(
    z.coerce.number(),
    () => 300,
    'How long an idle model stays in memory; negative: for ever.',
  ),
  'serve.memory-bytes': setting(
    z.coerce.number().int().positive().optional(),
    () => undefined,
    'Memory that loaded models may take together; by default three quarters of the machine.',
  ),
  'serve.upstream': setting(
    optionalUrl,
    () => undefined,
    'Another server (Ollama, vLLM, any OpenAI-compatible one) that answers the model APIs instead of our engine.',
  ),
  'metrics.prefix': setting(
    z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/),
    () => 'fts:',
    'Prefix of the Prometheus metrics; `vllm:` lets dashboards made for vLLM work unchanged.',
  ),
  'audit.anchor': setting(
    anchorList,
    () => [],
    'Where the newest head of the audit log is also kept: the absolute path of a file, syslog, syslog://host:port, or https://…; several with commas.',
  ),
  'log.level': setting(
    z.enum(['silent', 'error', 'warn', 'info', 'debug']),
    () => 'warn' as const,
    'How much the server logs to standard error.',
  ),
  'mcp.toolsets': setting(
    nameList.optional(),
    () => undefined,
    'Toolsets that assistants are offered, with commas: default, all, or single ones (fts mcp --help).',
  ),
  'mcp.tools': setting(
    nameList.optional(),
    () => undefined,
    'Single tools that assistants are offered, with commas: beside the toolsets, or alone.',
  ),
  'mcp.read-only': setting(
    z.stringbool().or(z.boolean()),
    () => false,
    'Whether assistants are offered only tools that change nothing.',
  ),
  'ask.url': setting(
    optionalUrl,
    () => undefined,
    'OpenAI-compatible API, up to /v1, whose model answers `fts ask` (key in $FTS_ASK_KEY); by default our own.',
  ),
  'ask.model': setting(z.string().min(1), () => 'operator', 'Model that answers `fts ask`.'),
  'approval.client-forms': setting(
    z.stringbool().or(z.boolean()),
    () => false,
    'Whether an MCP client (stdio, or with a key) may approve in its own form. Nothing proves that a person did.',
  ),
  'ask.max-tokens': setting(
    z.coerce.number().int().min(16).max(10_000_000),
    () => 32_768,
    'Tokens that the model may write for one request of `fts ask`, in all its answers together.',
  ),
  'ask.max-bytes': setting(
    z.coerce.number().int().min(1024).max(1_000_000_000),
    () => 4_000_000,
    'Bytes that the model may send for one request, in all its answers together.',
  ),
  'ask.max-rounds': setting(
    z.coerce.number().int().min(1).max(1000),
    () => 12,
    'Answers of the model to one request, of which the last one counts.',
  ),
  'ask.max-calls-per-round': setting(
    z.coerce.number().int().min(1).max(1000),
    () => 16,
    'Tool calls that are carried out for one answer of the model.',
  ),
  'ask.max-calls': setting(
    z.coerce.number().int().min(1).max(10_000),
    () => 64,
    'Tool calls that are carried out for one request.',
  ),
  'ask.max-seconds': setting(
    z.coerce.number().int().min(1).max(86_400),
    () => 1800,
    'How long one request may take altogether, people’s decisions included.',
  ),
  'ask.answer-seconds': setting(
    z.coerce.number().int().min(1).max(86_400),
    () => 300,
    'How long one answer of the model may take.',
  ),
  'akamai.mode': setting(
    z.enum(['read-only', 'change']),
    () => 'read-only' as const,
    'Whether change plans may be applied at all.',
  ),
} as const;

export type SettingKey = keyof typeof settings;
export type Config = { readonly [Key in SettingKey]: z.output<(typeof settings)[Key]['schema']> };

export const settingKeys = Object.keys(settings) as SettingKey[];

/** `server.port` is `FTS_SERVER_PORT`. */
export function environmentName(key: SettingKey): string {
  return `FTS_${key.toUpperCase().replaceAll(/[.-]/g, '_')}`;
}
