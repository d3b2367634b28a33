import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { FtsError } from '../../errors/fts-error.ts';
import type { Account } from '../credentials/account.ts';
import { accountsOf } from '../credentials/load-accounts.ts';
import { Secret } from '../credentials/secret.ts';
import { AkamaiClient } from './akamai-client.ts';
import type { Attempt } from './akamai-telemetry.ts';
import type { Clock } from './token-bucket.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: { server: Server; client: AkamaiClient }[] = [];

afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
});

/** Time that passes only when the client sleeps: a storm of retries takes no real time, and the waits can be read. */
function testClock(start = Date.now()): Clock & { waits: number[] } {
  let now = start;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    async sleep(milliseconds) {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
}

async function setUp(handler: Handler, clock: Clock = testClock()) {
  const calls: string[] = [];
  const attempts: Attempt[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    handler(request, response, calls.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const account: Account = {
    name: 'default',
    source: 'test',
    edgeGrid: {
      origin,
      clientToken: new Secret('akab-client-token'),
      clientSecret: new Secret('the-client-secret'),
      accessToken: new Secret('akab-access-token'),
      maxBodyBytes: 131_072,
    },
    linode: { origin, token: new Secret('linode-token') },
  };
  const observer = { attempted: (attempt: Attempt) => void attempts.push(attempt) };
  const client = new AkamaiClient({ accounts: accountsOf([account]), clock, random: () => 0.5, observer });
  open.push({ server, client });
  return { client, calls, origin, attempts };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const get = { method: 'GET', path: '/papi/v1/groups' } as const;
const failureOf = async (promise: Promise<unknown>): Promise<FtsError> => {
  try {
    await promise;
  } catch (error) {
    return error as FtsError;
  }
  throw new Error('expected a failure');
};

describe('a call', () => {
  it('is signed, carries the account switch key and encodes the query as it was signed', async () => {
    let seen: IncomingMessage | undefined;
    const { client, calls } = await setUp((request, response) => {
      seen = request;
      json(response, 200, {});
    });
    await client.request({ ...get, query: { search: 'a b&c', tag: ['x', 'y'] }, accountSwitchKey: '1-ABC:1-2' });
    expect(calls).toEqual(['GET /papi/v1/groups?search=a%20b%26c&tag=x&tag=y&accountSwitchKey=1-ABC%3A1-2']);
    expect(seen?.headers.authorization).toMatch(/^EG1-HMAC-SHA256 client_token=akab-client-token;.*signature=.{43}=$/);
  });

  it('to Akamai Cloud carries the bearer token and no switch key', async () => {
    let seen: IncomingMessage | undefined;
    const { client } = await setUp((request, response) => {
      seen = request;
      json(response, 200, {});
    });
    await client.request({ method: 'GET', path: '/v4/profile' });
    expect(seen?.headers.authorization).toBe('Bearer linode-token');
  });

  it.each(['/papi/../ccu/v3', '/papi/%2e%2E/x', '/papi\\x', '//other.example/x?y', 'papi/v1'])(
    'refuses the path %s',
    async (path) => {
      const { client, calls } = await setUp((_, response) => json(response, 200, {}));
      expect((await failureOf(client.request({ method: 'GET', path }))).kind).toBe('invalid-input');
      expect(calls).toEqual([]);
    },
  );

  it('never shows a secret that the server echoes', async () => {
    const { client } = await setUp((request, response) =>
      json(response, 200, { echo: request.headers.authorization, secret: 'the-client-secret' }),
    );
    const { body } = await client.request(get);
    expect(JSON.stringify(body)).not.toMatch(/akab-client-token|akab-access-token|the-client-secret/);
    expect(JSON.stringify(client.accounts.list())).not.toMatch(/akab-|the-client-secret|linode-token/);
  });
});

describe('a 429 storm', () => {
  it('is waited out by a read, with Retry-After and growing backoff', async () => {
    const clock = testClock();
    const { client, calls } = await setUp((_, response, count) => {
      if (count < 4) json(response, 429, { title: 'Too many requests' }, { 'retry-after': '2' });
      else json(response, 200, { ok: true });
    }, clock);
    expect((await client.request(get)).body).toEqual({ ok: true });
    expect(calls).toHaveLength(4);
    expect(clock.waits.filter((wait) => wait >= 2000)).toHaveLength(3);
  });

  it('that does not end becomes a clear answer with the time to wait', async () => {
    const { client, calls } = await setUp((_, response) => json(response, 429, {}, { 'retry-after': '3' }));
    const failure = await failureOf(client.requestOk(get));
    expect(failure).toMatchObject({ kind: 'rate-limited', retryAfterSeconds: 3, remedy: 'Try again in 3 seconds.' });
    expect(calls).toHaveLength(5);
  });

  it('never repeats a call that is not idempotent', async () => {
    const { client, calls } = await setUp((_, response) => json(response, 429, {}, { 'retry-after': '1' }));
    const failure = await failureOf(
      client.requestOk({ method: 'POST', path: '/ccu/v3/invalidate/url/staging', body: {} }),
    );
    expect(failure.kind).toBe('rate-limited');
    expect(calls).toHaveLength(1);
  });

  it('holds back the other calls to the same API', async () => {
    const clock = testClock();
    const { client } = await setUp((_, response, count) => {
      if (count === 1) json(response, 429, {}, { 'retry-after': '7' });
      else json(response, 200, {});
    }, clock);
    await client.request({ ...get, idempotent: false });
    await client.request({ method: 'GET', path: '/papi/v1/contracts' });
    expect(clock.waits).toEqual([7000]);
  });
});

describe('a server in trouble', () => {
  it('is asked again after 5xx and a broken connection', async () => {
    const { client, calls } = await setUp((request, response, count) => {
      if (count === 1) request.socket.destroy();
      else if (count === 2) response.writeHead(503).end('try later');
      else json(response, 200, { ok: true });
    });
    expect((await client.request(get)).body).toEqual({ ok: true });
    expect(calls).toHaveLength(3);
  });

  it('that cuts JSON off is asked again, then named', async () => {
    const { client, calls } = await setUp((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"groups":{"items":[{"gro'),
    );
    const failure = await failureOf(client.request(get));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain('GET /papi/v1/groups');
    expect(calls).toHaveLength(5);
  });

  it('that closes before the promised length is asked again', async () => {
    const { client } = await setUp((_, response, count) => {
      if (count > 1) return json(response, 200, { ok: true });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"a":1');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await client.request(get)).body).toEqual({ ok: true });
  });

  it('that is too slow for a change leaves no doubt about the doubt', async () => {
    const { client } = await setUp(() => {});
    const failure = await failureOf(
      client.request({ method: 'POST', path: '/papi/v1/properties', body: {}, timeoutSeconds: 0.15 }),
    );
    expect(failure.kind).toBe('unavailable');
    expect(failure.remedy).toContain('may or may not have been made');
  });

  it('is let go of as soon as the caller cancels', async () => {
    const { client } = await setUp(() => {});
    const controller = new AbortController();
    const call = failureOf(client.request({ ...get, signal: controller.signal }));
    setTimeout(() => controller.abort(), 30);
    expect((await call).kind).toBe('cancelled');
  });
});

describe('a redirect', () => {
  it('within the host is followed for a read', async () => {
    const { client, calls } = await setUp((_, response, count) => {
      if (count === 1) response.writeHead(302, { location: '/papi/v1/properties/prp_1/versions/7' }).end();
      else json(response, 200, { version: 7 });
    });
    const { body } = await client.request({ method: 'GET', path: '/papi/v1/properties/prp_1/versions/latest' });
    expect(body).toEqual({ version: 7 });
    expect(calls[1]).toBe('GET /papi/v1/properties/prp_1/versions/7');
  });

  it.each(['http://169.254.169.254/latest/meta-data', '//evil.example/x', 'https://evil.example/'])(
    'to another host is refused: %s',
    async (location) => {
      const { client, calls } = await setUp((_, response) => response.writeHead(302, { location }).end());
      const failure = await failureOf(client.request(get));
      expect(failure.kind).toBe('forbidden');
      expect(calls).toHaveLength(1);
    },
  );

  it('of a change is never followed', async () => {
    const { client, calls } = await setUp((_, response) => response.writeHead(307, { location: '/papi/v1/x' }).end());
    const { status } = await client.request({ method: 'POST', path: '/papi/v1/properties', body: {} });
    expect([status, calls.length]).toEqual([307, 1]);
  });
});

describe('a refusal', () => {
  it('of the timestamp is explained by how far the clock is off', async () => {
    const clock = testClock(Date.now() + 600_000);
    const { client } = await setUp(
      (_, response) =>
        json(response, 400, {
          type: 'https://problems.luna.akamaiapis.net/-/pep-authn/request-error',
          title: 'Bad request',
          status: 400,
          detail: 'Invalid timestamp',
        }),
      clock,
    );
    const failure = await failureOf(client.requestOk(get));
    expect(failure.kind).toBe('unauthorized');
    expect(failure.message).toMatch(/clock is (10 min 0|9 min 59|10 min 1) s ahead of Akamai's/);
    expect(failure.remedy).toContain('Synchronise the clock');
  });

  it('in problem+json or in Linode’s form is put in words', async () => {
    const { client } = await setUp((_, response, count) => {
      if (count === 1) json(response, 403, { title: 'Forbidden', detail: 'No grant for this contract' });
      else json(response, 400, { errors: [{ field: 'region', reason: 'region is not valid' }] });
    });
    expect(await failureOf(client.requestOk(get))).toMatchObject({
      kind: 'forbidden',
      message: 'Akamai answered 403 to GET /papi/v1/groups: Forbidden — No grant for this contract',
    });
    const linode = await failureOf(client.requestOk({ method: 'POST', path: '/v4/linode/instances', body: {} }));
    expect(linode.message).toContain('region: region is not valid');
  });
});

describe('an observer', () => {
  it('is given every attempt, without the query and without any secret', async () => {
    const { client, attempts } = await setUp((_, response, count) => {
      if (count === 1) json(response, 503, {});
      else json(response, 200, { echo: 'akab-client-token' });
    });
    await client.request({ ...get, query: { search: 'private' } });
    expect(attempts).toMatchObject([
      { account: 'default', method: 'GET', path: '/papi/v1/groups', attempt: 1, waitedMs: 0, status: 503 },
      { attempt: 2, status: 200 },
    ]);
    expect(JSON.stringify(attempts)).not.toMatch(/private|akab|secret/);
  });

  it('is given an attempt that had no answer, and how long the rate limit held one back', async () => {
    const clock = testClock();
    const { client, attempts } = await setUp((request, response, count) => {
      if (count === 1)
        json(
          response,
          200,
          {},
          { 'x-ratelimit-remaining': '0', 'x-ratelimit-next': new Date(clock.now() + 5000).toISOString() },
        );
      else request.socket.destroy();
    }, clock);
    await client.request(get);
    await failureOf(client.request({ method: 'POST', path: '/papi/v1/properties', body: {} }));
    expect(attempts[1]).toMatchObject({ method: 'POST', attempt: 1, failure: 'unavailable' });
    expect(attempts[1]?.waitedMs).toBeGreaterThan(4000);
    expect(attempts[1]?.status).toBeUndefined();
  });
});
