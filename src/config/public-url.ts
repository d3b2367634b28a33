import { addressUrl } from './address-url.ts';
import type { LoadedConfig } from './load-config.ts';

/** How clients reach the HTTP server: what the operator said, else the address that it binds. */
export function publicUrl({ config }: { config: LoadedConfig }): string {
  const { 'server.url': url, 'server.host': host, 'server.port': port } = config.values;
  return url ?? addressUrl(host, port);
}
