import { expect, it } from 'vitest';
import { addressUrl } from './address-url.ts';

it('puts an IPv6 host in brackets, so that its port can be told', () => {
  expect(new URL(addressUrl('::1', 8787))).toMatchObject({ hostname: '[::1]', port: '8787' });
  expect(addressUrl('127.0.0.1', 8787)).toBe('http://127.0.0.1:8787');
});
