import { ok, problem, type Route } from './route.ts';

export interface EdgeDiagnosticsState {
  /** Reference number to what the translator knows of it. */
  errors: Map<string, Record<string, unknown>>;
  /** URL to the headers that an edge server answers with. */
  responses: Map<string, { status: number; headers: string[] }>;
  translatedUrls: Map<string, Record<string, unknown>>;
  /** Reads of a request until it has its result. */
  pollsUntilDone: number;
  pending: { polls: number; errorCode: string }[];
}

export function emptyEdgeDiagnostics(): EdgeDiagnosticsState {
  return { errors: new Map(), responses: new Map(), translatedUrls: new Map(), pollsUntilDone: 1, pending: [] };
}

/** Edge Diagnostics: the asynchronous error translator, curl from the edge, URL translation. */
export function edgeDiagnosticsRoutes(state: EdgeDiagnosticsState): Route[] {
  const base = '/edge-diagnostics/v1';
  const created = { createdBy: 'simulator', createdTime: '2026-01-01T00:00:00Z' };
  return [
    {
      method: 'POST',
      path: `${base}/error-translator`,
      handle: (request) => {
        const { errorCode } = request.json() as { errorCode: string };
        state.pending.push({ polls: state.pollsUntilDone, errorCode });
        const requestId = state.pending.length;
        const link = `${base}/error-translator/requests/${requestId}`;
        const body = {
          requestId,
          link,
          executionStatus: 'IN_PROGRESS',
          retryAfter: 0,
          request: { errorCode },
          ...created,
        };
        return { status: 202, body };
      },
    },
    {
      method: 'GET',
      path: `${base}/error-translator/requests/{id}`,
      handle: (_request, [id]) => {
        const pending = state.pending[Number(id) - 1];
        if (pending === undefined) return problem(404, 'No such request');
        const request = { errorCode: pending.errorCode };
        if (pending.polls-- > 0) return ok({ executionStatus: 'IN_PROGRESS', retryAfter: 0, request, ...created });
        const result = state.errors.get(pending.errorCode);
        return ok({ executionStatus: result === undefined ? 'FAILURE' : 'SUCCESS', request, result, ...created });
      },
    },
    {
      method: 'POST',
      path: `${base}/curl`,
      handle: (request) => {
        const { url } = request.json() as { url: string };
        const known = state.responses.get(url);
        if (known === undefined) return ok({ executionStatus: 'FAILURE', request: { url }, ...created });
        const result = { exitCode: 0, httpStatusCode: known.status, responseHeaderList: known.headers };
        return ok({ executionStatus: 'SUCCESS', request: { url }, result, ...created });
      },
    },
    {
      method: 'POST',
      path: `${base}/translated-url`,
      handle: (request) => {
        const { url } = request.json() as { url: string };
        const known = state.translatedUrls.get(url);
        return known === undefined ? problem(400, 'Not an Akamai URL') : ok({ request: { url }, translatedUrl: known });
      },
    },
  ];
}
