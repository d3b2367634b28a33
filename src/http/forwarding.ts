import { BlockList, isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** Headers that proxies, tunnels and content delivery networks add; a program or browser here sends none of them. */
const forwardingHeaders = new RegExp(
  `^(${[
    'forwarded',
    'via',
    'max-forwards',
    'x-forwarded.*',
    'x-original-.+',
    'x-(real|client|cluster-client|originating|remote|proxyuser)-(ip|addr)',
    '(true-)?client-ip',
    '(x-)?(akamai|amzn|amz-cf|appengine|arr|azure|edge|envoy|fastly|nf|ngrok|proxy|vercel)-.+',
    '(cdn|cf|fly|tailscale|wl-proxy)-.+',
    'front-end-https',
    'x-scheme',
    'forwarded-for',
    'surrogate-capability',
    'x-(cloud-trace-context|github-request-id|remote-user|request-start|via)',
    'x-(haproxy|nginx|ssl-client|traefik|varnish).*',
  ].join('|')})$`,
  'i',
);

/**
 * Whether a request was passed on by something in between, so that its sender may be anybody. HTTP/1.0 counts too: that
 * is what some proxies speak unless they are set up otherwise, and no client of today does.
 */
export function isForwarded(context: Context): boolean {
  return incoming(context)?.httpVersion === '1.0' || [...context.req.raw.headers.keys()].some(isForwardingHeader);
}

export const isForwardingHeader = (name: string): boolean => forwardingHeaders.test(name);

/** Whether the other end of the connection is this machine. A request made within this process has no other end. */
export function isPeerLoopback(context: Context): boolean {
  const request = incoming(context);
  return request === undefined || isLoopback((request.socket.remoteAddress ?? '').replace(/^::ffff:/i, ''));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `https` where the connection is, or where a listed proxy says that its own was; from anybody else that is no word. */
export function schemeOf(context: Context, proxies: readonly string[]): string {
  const scheme = new URL(context.req.url).protocol.slice(0, -1);
  const peer = incoming(context)?.socket.remoteAddress;
  if (peer === undefined || !isListed(peer, proxies)) return scheme;
  const said =
    /(?:^|[;,\s])proto="?(\w+)/i.exec(context.req.header('forwarded') ?? '')?.[1] ??
    context.req.header('x-forwarded-proto')?.split(',')[0]?.trim();
  return said?.toLowerCase() ?? scheme;
}

/** Whether `proxies` (addresses, or networks such as 10.0.0.0/8) contains this address. */
function isListed(address: string, proxies: readonly string[]): boolean {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [network = '', bits] = proxy.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(bits), family);
  }
  const plain = address.replace(/^::ffff:/i, '');
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

function incoming(context: Context): HttpBindings['incoming'] | undefined {
  return (context.env as Partial<HttpBindings> | undefined)?.incoming;
}
