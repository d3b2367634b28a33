import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { CallInput } from '../catalogue/call-values.ts';
import type { ApiOperation, Catalogue } from '../catalogue/catalogue.ts';
import type { CallValidator } from '../catalogue/validate-call.ts';
import type { AkamaiCaller, AkamaiResponse } from './akamai-request.ts';
import { findMainList, listAt, withRows } from './main-list.ts';
import { nextPage, pagingOf, type Query } from './next-page.ts';

export interface ReadRequest {
  operation: ApiOperation;
  input: CallInput;
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
  timeoutSeconds?: number | undefined;
  /** Stop after this many rows of the answer's main list. Default 1,000. */
  maxRows?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ReadResult {
  status: number;
  headers: Record<string, string>;
  /** The first page with the rows of all pages in its main list. */
  body: unknown;
  pages: number;
  /** Rows in the main list; undefined where the answer is not a list. */
  rows?: number;
  /** Why there is more than `body` holds, and the query that goes on from there. */
  more?: { reason: string; query: Query };
}

const DEFAULT_MAX_ROWS = 1_000;
const MOST_PAGES = 200;

export interface ReadTools {
  catalogue: Catalogue;
  validator: CallValidator;
  caller: AkamaiCaller;
}

/**
 * Reads one operation and follows its pages up to `maxRows`. A page that fails after others have come leaves those: the
 * result says why it stopped and how to go on. Refuses operations that change something.
 */
export async function readOperation(tools: ReadTools, request: ReadRequest): Promise<ReadResult> {
  const { operation } = request;
  if (operation.effect !== 'read') {
    throw new FtsError('forbidden', `${operation.api} ${operation.operationId} changes something: it is not a read.`, {
      field: 'operation',
      value: `${operation.method} ${operation.path}`,
      remedy: 'Propose it as a change plan (akamai plan); a person approves it.',
    });
  }
  const call = tools.validator.validateCall(operation, request.input);
  const paging = pagingOf(tools.catalogue.details(operation).parameters);
  const maxRows = request.maxRows ?? DEFAULT_MAX_ROWS;
  const send = (query: Query | undefined): Promise<AkamaiResponse> => {
    throwIfAborted(request.signal);
    return tools.caller.requestOk({
      ...call,
      query,
      account: request.account,
      accountSwitchKey: request.accountSwitchKey,
      timeoutSeconds: request.timeoutSeconds,
      signal: request.signal,
    });
  };
  let query: Query = call.query ?? {};
  let response = await send(query);
  const first = response;
  const list = findMainList(first.body);
  if (!list) return { status: first.status, headers: first.headers, body: first.body, pages: 1 };
  const rows = [...list.rows];
  let pages = 1;
  let rowsOnPage = rows.length;
  let more: ReadResult['more'];
  while (more === undefined) {
    const next = nextPage(paging, { query, path: call.path, received: rows.length, rowsOnPage }, response);
    if (next === undefined) break;
    if (rows.length >= maxRows || pages >= MOST_PAGES) {
      more = { reason: `stopped at ${rows.length} rows`, query: next };
      break;
    }
    try {
      response = await send(next);
    } catch (error) {
      const failure = FtsError.from(error);
      if (failure.kind === 'cancelled') throw failure;
      more = { reason: `page ${pages + 1} failed: ${failure.message}`, query: next };
      break;
    }
    const page = listAt(response.body, list.at);
    // A server that ignores the page number sends the same page for ever.
    if (page.length === 0 || JSON.stringify(page) === JSON.stringify(rows.slice(-page.length))) break;
    rows.push(...page);
    rowsOnPage = page.length;
    query = next;
    pages++;
  }
  return {
    status: first.status,
    headers: first.headers,
    body: pages === 1 ? first.body : withRows(first.body, list.at, rows),
    pages,
    rows: rows.length,
    ...(more ? { more } : {}),
  };
}
