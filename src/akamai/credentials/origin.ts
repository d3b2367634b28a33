import { FtsError } from '../../errors/fts-error.ts';

/** `host`, `host:port` or a URL as an origin. Plain http is for loopback addresses only: keys never travel in clear. */
export function loopbackOrHttpsOrigin(host: string, field: string): string {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//i.test(host) ? host : `https://${host}`);
  } catch (error) {
    throw new FtsError('invalid-input', `${field} is not a host name.`, {
      field,
      value: host,
      remedy: 'Write the host as in the API client’s file, such as akab-xxxx.luna.akamaiapis.net.',
      cause: error,
    });
  }
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if ((url.protocol === 'http:' && !loopback) || url.username !== '' || !['', '/'].includes(url.pathname)) {
    throw new FtsError('invalid-input', `${field} must be a bare host name served over https.`, {
      field,
      value: url.username === '' ? host : '[hidden]',
      remedy: 'Remove the scheme, path and user from the host.',
    });
  }
  return url.origin;
}
