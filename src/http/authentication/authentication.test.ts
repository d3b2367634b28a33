import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../../services/context.ts';
import { openServices } from '../../services/open-services.ts';
import { createApp } from '../server.ts';
import { requireCredentialsBeyondLoopback } from './authentication.ts';

const opened: { services: Services; home: string }[] = [];

function open(flags: Record<string, unknown> = {}): { services: Services; app: Hono } {
  const home = mkdtempSync(join(tmpdir(), 'fts-auth-'));
  const services = openServices({ FTS_HOME: home }, flags as never);
  opened.push({ services, home });
  return { services, app: createApp(services, { version: '0.0.0', command: ['fts'] }) };
}

afterEach(() => {
  for (const { services, home } of opened.splice(0)) {
    services.database.close();
    rmSync(home, { recursive: true, force: true });
  }
});

const post = (app: Hono, path: string, body: unknown, token?: string) =>
  app.request(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });

const callTool = (name: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name,
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

const callOverMcp = (app: Hono, tool: string, token: string) =>
  app.request('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(callTool(tool)),
  });

describe('without a key', () => {
  it('serves the person at this machine on loopback', async () => {
    const { app } = open();
    expect((await post(app, '/api/operations/models.list', {})).status).toBe(200);
  });

  it('asks for one when it should, and says how', async () => {
    const { app } = open({ 'auth.required': true });
    const answer = await post(app, '/api/operations/models.list', {});
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="fts".*scope="read"/);
    expect(await answer.json()).toMatchObject({
      error: { kind: 'unauthorized', remedy: expect.stringContaining('fts keys') },
    });
    expect((await app.request('/health')).status).toBe(200);
    expect((await app.request('/console/plans/plan-1')).status).toBe(200);
    expect((await app.request('/api/status')).status).toBe(401);
    expect((await post(app, '/v1/chat/completions', {})).status).toBe(401);
    expect((await post(app, '/mcp', {})).status).toBe(401);
  });

  it('does not bind beyond loopback', () => {
    const { services } = open({ 'server.host': '0.0.0.0' });
    expect(() => requireCredentialsBeyondLoopback(services)).toThrow(/anybody on the network/);
    services.keys.create('laptop', ['read']);
    expect(() => requireCredentialsBeyondLoopback(services)).not.toThrow();
  });
});

describe('with an API key', () => {
  it('does what its scopes allow and no more, over HTTP and MCP', async () => {
    const { services, app } = open({ 'auth.required': true });
    const { token } = services.keys.create('reader', ['read']);
    expect((await post(app, '/api/operations/models.list', {}, token)).status).toBe(200);
    expect((await post(app, '/api/operations/jobs.cancel', { id: 'x' }, token)).status).toBe(403);
    expect((await callOverMcp(app, 'models_list', token)).status).toBe(200);
    const refused = await callOverMcp(app, 'jobs_cancel', token);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="train"');
  });

  it('is refused when revoked, expired or made up, on loopback too', async () => {
    const { services, app } = open();
    const { token } = services.keys.create('laptop', ['admin']);
    services.keys.revoke('laptop');
    for (const bad of [token, 'fts_000000000000_x']) {
      const answer = await post(app, '/api/operations/models.list', {}, bad);
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain(token);
    }
  });

  it('may be a placeholder where nobody needs one, as OpenAI clients send it, and nowhere else', async () => {
    const strict = open({ 'auth.required': true });
    for (const placeholder of ['ollama', 'sk-none', '']) {
      expect((await post(open().app, '/api/operations/models.list', {}, placeholder)).status).toBe(200);
      expect((await post(strict.app, '/api/operations/models.list', {}, placeholder)).status).toBe(401);
    }
  });

  it('even of an administrator does not approve', async () => {
    const { services, app } = open();
    const { token } = services.keys.create('robot', ['admin']);
    expect((await post(app, '/api/operations/keys.list', {}, token)).status).toBe(200);
    expect((await post(app, '/api/operations/keys.list', {}, services.keys.create('r', ['read']).token)).status).toBe(
      403,
    );
  });

  it('never comes back in an answer', async () => {
    const { services, app } = open();
    const { token } = services.keys.create('robot', ['admin']);
    const answers = [
      await post(app, '/api/operations/keys.list', {}, token),
      await post(app, `/api/operations/models.show`, { name: 'nope' }, token),
      await callOverMcp(app, 'jobs_list', token),
    ];
    for (const answer of answers) expect(await answer.text()).not.toContain(token.slice(17));
  });
});

describe('with an OAuth access token', () => {
  let issuer: Server;
  let issuerUrl: string;
  let good: CryptoKey;
  let other: CryptoKey;
  const audience = 'http://127.0.0.1:8787/mcp';

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    good = pair.privateKey;
    other = (await generateKeyPair('ES256')).privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    const app = new Hono();
    app.get('/.well-known/oauth-authorization-server', (context) =>
      context.json({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/jwks` }),
    );
    app.get('/jwks', (context) => context.json({ keys: [jwk] }));
    await new Promise<void>((resolve) => {
      issuer = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve()) as Server;
    });
    issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  });
  afterAll(() => void issuer.close());

  const token = (claims: Record<string, unknown> = {}, key: CryptoKey = good) =>
    new SignJWT({ scope: 'read', client_id: 'agent', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer((claims.iss as string | undefined) ?? issuerUrl)
      .setAudience((claims.aud as string | undefined) ?? audience)
      .setSubject('ada')
      .setIssuedAt()
      .setExpirationTime((claims.exp as number | undefined) ?? '5 min')
      .sign(key);

  it('lets in what the issuer signed for this audience', async () => {
    const { app } = open({ 'oauth.issuer': issuerUrl, 'auth.required': true });
    expect((await post(app, '/api/operations/models.list', {}, await token())).status).toBe(200);
    const tooLittle = await callOverMcp(app, 'jobs_cancel', await token());
    expect(tooLittle.status).toBe(403);
    expect(tooLittle.headers.get('www-authenticate')).toContain(
      'resource_metadata="http://127.0.0.1:8787/.well-known/oauth-protected-resource/mcp"',
    );
    expect(tooLittle.headers.get('www-authenticate')).toContain('scope="train"');
  });

  it('refuses expired, forged and foreign tokens, and an algorithm that needs no key', async () => {
    const { app } = open({ 'oauth.issuer': issuerUrl });
    const valid = await token();
    const [header, payload, signature] = valid.split('.') as [string, string, string];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const raised = encode({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'admin' });
    const bad: Record<string, string> = {
      expired: await token({ exp: Math.floor(Date.now() / 1000) - 60 }),
      forged: await token({}, other),
      'another audience': await token({ aud: 'https://other.example/mcp' }),
      'another issuer': await token({ iss: 'https://other.example' }),
      altered: `${header}.${raised}.${signature}`,
      unsigned: `${encode({ alg: 'none' })}.${payload}.`,
    };
    for (const [name, value] of Object.entries(bad)) {
      const answer = await post(app, '/api/operations/models.list', {}, value);
      expect(answer.status, name).toBe(401);
      expect(answer.headers.get('www-authenticate'), name).toContain('error="invalid_token"');
      const text = await answer.text();
      expect(text, name).not.toContain(value.split('.')[1]);
    }
  });

  it('carries no right to approve: there is none', async () => {
    const asked = async () => {
      const { app } = open({ 'oauth.issuer': issuerUrl });
      const answer = await app.request('/.well-known/oauth-protected-resource/mcp');
      const metadata = (await answer.json()) as { scopes_supported: string[] };
      return metadata.scopes_supported;
    };
    expect(await asked()).not.toContain('approve');
  });

  it('is announced by the metadata of RFC 9728, and only with an issuer', async () => {
    const { app } = open({ 'oauth.issuer': issuerUrl });
    expect(await (await app.request('/.well-known/oauth-protected-resource/mcp')).json()).toMatchObject({
      resource: audience,
      authorization_servers: [issuerUrl],
      bearer_methods_supported: ['header'],
    });
    expect((await open().app.request('/.well-known/oauth-protected-resource')).status).toBe(404);
  });
});
