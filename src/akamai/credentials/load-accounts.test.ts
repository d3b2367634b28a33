import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAccounts } from './load-accounts.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fts-edgerc-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const keys = (host: string) =>
  `host = ${host}\nclient_token = akab-ct\nclient_secret = s3cr3t=\naccess_token = akab-at\n`;
const save = (text: string) => writeFileSync(join(home, '.edgerc'), text);

describe('accounts', () => {
  it('are the sections of .edgerc, with comments, account key and cloud token', () => {
    save(
      `; mine\n[default]\n${keys('akab-1.luna.akamaiapis.net/')}\n[papi]   # second\n${keys('https://akab-2.luna.akamaiapis.net')}account_key = 1-ABC:1-2 # customer\nlinode_token = lt\n`,
    );
    const accounts = loadAccounts({ env: {}, home });
    expect(accounts.list().map(({ name }) => name)).toEqual(['default', 'papi']);
    expect(accounts.get().edgeGrid?.origin).toBe('https://akab-1.luna.akamaiapis.net');
    expect(accounts.get('papi')).toMatchObject({ accountSwitchKey: '1-ABC:1-2' });
    expect(accounts.get('papi').linode?.token.reveal()).toBe('lt');
    expect(accounts.get('papi').edgeGrid?.clientSecret.reveal()).toBe('s3cr3t=');
  });

  it('come from the environment, which wins over a section of the same name', () => {
    save(`[default]\n${keys('akab-1.luna.akamaiapis.net')}`);
    const env = {
      AKAMAI_HOST: 'akab-9.luna.akamaiapis.net',
      AKAMAI_CLIENT_TOKEN: 'a',
      AKAMAI_CLIENT_SECRET: 'b',
      AKAMAI_ACCESS_TOKEN: 'c',
      AKAMAI_CCU_HOST: 'akab-8.luna.akamaiapis.net',
      AKAMAI_CCU_CLIENT_TOKEN: 'a',
      AKAMAI_CCU_CLIENT_SECRET: 'b',
      AKAMAI_CCU_ACCESS_TOKEN: 'c',
      LINODE_TOKEN: 'cloud',
    };
    const accounts = loadAccounts({ env, home });
    expect(accounts.get('default').edgeGrid?.origin).toBe('https://akab-9.luna.akamaiapis.net');
    expect(accounts.get('ccu').source).toBe('environment');
    expect(accounts.get().linode?.origin).toBe('https://api.linode.com');
  });

  it('never print their secrets', () => {
    save(`[default]\n${keys('akab-1.luna.akamaiapis.net')}linode_token = lt-secret\n`);
    const account = loadAccounts({ env: {}, home }).get();
    for (const text of [JSON.stringify(account), inspect(account, { depth: 9 }), `${account.edgeGrid?.clientSecret}`]) {
      expect(text).not.toMatch(/s3cr3t|akab-ct|akab-at|lt-secret/);
    }
  });

  it.each([
    ['[default]\nhost = akab-1.luna.akamaiapis.net\nclient_token = x', /lacks client_secret, access_token/],
    ['[default]\nwhat is this', /line 2 is neither/],
    [`[default]\n${keys('http://akab-1.luna.akamaiapis.net')}`, /bare host name served over https/],
    [`[default]\n${keys('akab-1.luna.akamaiapis.net/papi')}`, /bare host name/],
  ])('that are wrong are named without their values: %j', (text, message) => {
    save(text);
    const load = () => loadAccounts({ env: {}, home });
    expect(load).toThrow(message);
    expect(load).not.toThrow(/s3cr3t/);
  });

  it('that are missing say how to configure one; an unknown name lists the known', () => {
    const env = { AKAMAI_EDGERC: undefined } as NodeJS.ProcessEnv;
    expect(() => loadAccounts({ env, home }).get()).toThrow(/No Akamai credentials/);
    save(`[default]\n${keys('akab-1.luna.akamaiapis.net')}`);
    expect(() => loadAccounts({ env, home }).get('nope')).toThrow(/no account "nope"/);
    expect(() => loadAccounts({ env: { AKAMAI_EDGERC: join(home, 'missing') }, home })).toThrow(/No such file/);
  });

  it('may point at a simulator on this machine', () => {
    save(`[default]\n${keys('http://127.0.0.1:4010')}`);
    expect(loadAccounts({ env: {}, home }).get().edgeGrid?.origin).toBe('http://127.0.0.1:4010');
  });
});
