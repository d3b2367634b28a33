import { isAbsolute } from 'node:path';

/** Where heads of the audit log are also kept. */
export type AnchorAddress =
  | { kind: 'file'; path: string }
  /** This machine's own, through `logger(1)`. */
  | { kind: 'local-syslog' }
  /** RFC 5424 over UDP. */
  | { kind: 'syslog'; host: string; port: number }
  | { kind: 'http'; url: string };

const syslogPort = 514;

/** `/folder/file`, `syslog`, `syslog://host:port` or `https://…`; undefined for anything else. */
export function anchorAddress(text: string): AnchorAddress | undefined {
  if (text === 'syslog') return { kind: 'local-syslog' };
  if (isAbsolute(text)) return { kind: 'file', path: text };
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port } = new URL(text);
  if (protocol === 'http:' || protocol === 'https:') return { kind: 'http', url: text };
  if (protocol !== 'syslog:' || hostname === '') return undefined;
  return { kind: 'syslog', host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? syslogPort : Number(port) };
}
