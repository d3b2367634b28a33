import type { ApiParameter } from '../catalogue/facts.ts';
import type { AkamaiResponse, QueryValue } from './akamai-request.ts';
import { isRecord } from './main-list.ts';

export type Query = Readonly<Record<string, QueryValue>>;

const PAGE_NAMES = ['page', 'pageNumber'];
const SIZE_NAMES = ['page_size', 'pageSize', 'size', 'numItemsPerPage'];
const TOTAL_NAMES = [
  'totalItems',
  'totalElements',
  'total_count',
  'totalCount',
  'totalSize',
  'totalRecords',
  'results',
  'totalResultsCount',
];
const PAGES_NAMES = ['pages', 'totalPages', 'totalPageCount'];

/** How an operation is paged, read from the names of its query parameters. */
export interface Paging {
  page?: { name: string; first: number };
  size?: { name: string; most?: number };
  offset?: string;
  limit?: string;
}

export function pagingOf(parameters: readonly ApiParameter[]): Paging {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const find = (names: readonly string[]) => query.find((parameter) => names.includes(parameter.name));
  const page = find(PAGE_NAMES);
  const size = find(SIZE_NAMES);
  const offset = find(['offset']);
  const limit = find(['limit']);
  const numberIn = (parameter: ApiParameter | undefined, keyword: string): number | undefined => {
    const value = typeof parameter?.schema === 'object' ? parameter.schema[keyword] : undefined;
    return typeof value === 'number' ? value : undefined;
  };
  const most = numberIn(size, 'maximum');
  return {
    ...(page ? { page: { name: page.name, first: numberIn(page, 'default') ?? numberIn(page, 'minimum') ?? 1 } } : {}),
    ...(size ? { size: { name: size.name, ...(most === undefined ? {} : { most }) } } : {}),
    ...(offset ? { offset: offset.name } : {}),
    ...(limit ? { limit: limit.name } : {}),
  };
}

export interface PageState {
  query: Query;
  path: string;
  /** Rows received so far, and on this page. */
  received: number;
  rowsOnPage: number;
}

/** The query of the next page, or undefined at the end. Only the same path is ever followed. */
export function nextPage(paging: Paging, state: PageState, response: AkamaiResponse): Query | undefined {
  if (state.rowsOnPage === 0) return undefined;
  const linked = nextLink(response);
  if (linked !== undefined) return linked === '' ? undefined : queryOfLink(linked, state);
  const total = numberUnder(response.body, TOTAL_NAMES);
  if (total !== undefined && state.received >= total) return undefined;
  if (paging.page) {
    const current = Number(state.query[paging.page.name] ?? paging.page.first);
    const pages = numberUnder(response.body, PAGES_NAMES);
    if (pages !== undefined && current - paging.page.first + 1 >= pages) return undefined;
    const size = Number(state.query[paging.size?.name ?? ''] ?? Number.NaN);
    if (total === undefined && pages === undefined && !(state.rowsOnPage >= size)) return undefined;
    return { ...state.query, [paging.page.name]: current + 1 };
  }
  if (paging.offset !== undefined) {
    const limit = Number(state.query[paging.limit ?? ''] ?? Number.NaN);
    if (total === undefined && !(state.rowsOnPage >= limit)) return undefined;
    return { ...state.query, [paging.offset]: Number(state.query[paging.offset] ?? 0) + state.rowsOnPage };
  }
  return undefined;
}

/** The link to the next page in a Link header or in the body; '' where the body says that there is none. */
function nextLink(response: AkamaiResponse): string | undefined {
  const header = /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(response.headers.link ?? '')?.[1];
  if (header !== undefined) return header;
  const { body } = response;
  if (!isRecord(body)) return undefined;
  for (const holder of [body, ...Object.values(body).filter(isRecord)]) {
    if (typeof holder.nextLink === 'string') return holder.nextLink;
    if (typeof holder.next === 'string' && /[?&]/.test(holder.next)) return holder.next;
    if (Array.isArray(holder.links)) {
      const link = holder.links.find((entry) => isRecord(entry) && entry.rel === 'next');
      if (isRecord(link) && typeof link.href === 'string') return link.href;
    }
  }
  return undefined;
}

/** A link names a page of this very list; one that leads anywhere else is not followed. */
function queryOfLink(link: string, state: PageState): Query | undefined {
  const url = new URL(link, `https://host.invalid${state.path}`);
  const path = decodeURIComponent(url.pathname);
  // Some links leave the API's base out; none may lead to another list.
  if (!decodeURIComponent(state.path).endsWith(path)) return undefined;
  const query: Record<string, QueryValue> = { ...state.query };
  for (const name of new Set(url.searchParams.keys())) {
    if (name === 'accountSwitchKey') continue;
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? values[0]! : values;
  }
  return JSON.stringify(query) === JSON.stringify(state.query) ? undefined : query;
}

function numberUnder(body: unknown, names: readonly string[]): number | undefined {
  if (!isRecord(body)) return undefined;
  for (const holder of [body, ...Object.values(body).filter(isRecord)]) {
    for (const name of names) if (typeof holder[name] === 'number') return holder[name];
  }
  return undefined;
}
