/** The URL of an address to bind or call; an IPv6 host stands in brackets. */
export function addressUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
