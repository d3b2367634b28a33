import { describe, expect, it } from 'vitest';
import { AkamaiTelemetry, type Attempt } from './akamai-telemetry.ts';

const attempt: Attempt = {
  account: 'default',
  method: 'GET',
  path: '/papi/v1/groups',
  attempt: 1,
  waitedMs: 0,
  durationMs: 120.4,
  status: 200,
};

function telemetry() {
  const lines: object[] = [];
  const observer = new AkamaiTelemetry({ info: (line) => void lines.push(line) });
  const metrics = async () => (await observer.registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
  return { lines, metrics, observer };
}

describe('the telemetry of calls to Akamai', () => {
  it('counts requests by API, method and class of status', async () => {
    const { metrics, observer } = telemetry();
    observer.attempted(attempt);
    observer.attempted({ ...attempt, status: 204 });
    observer.attempted({ ...attempt, status: 404 });
    const { status: _, ...unanswered } = attempt;
    observer.attempted({
      ...unanswered,
      path: '/ccu/v3/invalidate/url/staging',
      method: 'POST',
      failure: 'unavailable',
    });
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        'fts_akamai_requests_total{api="/papi",method="GET",status="2xx"} 2',
        'fts_akamai_requests_total{api="/papi",method="GET",status="4xx"} 1',
        'fts_akamai_requests_total{api="/ccu",method="POST",status="none"} 1',
        'fts_akamai_request_duration_seconds_bucket{le="0.1",api="/papi",method="GET"} 0',
        'fts_akamai_request_duration_seconds_bucket{le="0.25",api="/papi",method="GET"} 3',
      ]),
    );
  });

  it('counts retries and the time that the rate limit took', async () => {
    const { metrics, observer } = telemetry();
    observer.attempted(attempt);
    observer.attempted({ ...attempt, attempt: 2, waitedMs: 1500 });
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        'fts_akamai_retries_total{api="/papi",method="GET"} 1',
        'fts_akamai_rate_limit_waits_total{api="/papi"} 1',
        'fts_akamai_rate_limit_wait_seconds_total{api="/papi"} 1.5',
      ]),
    );
  });

  it('logs a line for each attempt, with the status or the reason why there is none', () => {
    const { lines, observer } = telemetry();
    observer.attempted(attempt);
    const { status: _, ...unanswered } = attempt;
    observer.attempted({ ...unanswered, attempt: 2, failure: 'unavailable' });
    const line = { account: 'default', method: 'GET', path: '/papi/v1/groups', waitedMs: 0, durationMs: 120 };
    expect(lines).toEqual([
      { ...line, attempt: 1, status: 200 },
      { ...line, attempt: 2, failure: 'unavailable' },
    ]);
  });
});
