import { z } from 'zod';
import { readOperation } from '../../akamai/client/read-operation.ts';
import { shapeResult } from '../../akamai/client/shape-result.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

const values = z.record(z.string(), z.unknown()).optional();

export const akamaiRead = defineOperation({
  name: 'akamai.read',
  title: 'Read from Akamai',
  description:
    'Calls one reading operation of Akamai or Akamai Cloud and returns its answer, following pages. Name it by API and operation id (from akamai.search) or by method and path. Keep answers small: fields, rows or a JMESPath in select; what was cut is said in note. Refuses anything that changes something.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['api', 'operation'],
  example: 'fts akamai read papi get-groups --select "groups.items[].groupName"',
  input: z.object({
    api: z.string().min(1).describe('API (papi, papi-v1) or HTTP method'),
    operation: z.string().min(1).describe('Operation id, or with a method the full path, filled in or not'),
    path: values.describe('Path parameters by name'),
    query: values.describe('Query parameters by name'),
    headers: values.describe('Further headers, such as If-Match or a chosen Accept'),
    body: z.unknown().optional().describe('JSON body of a reading POST (a search, a diagnosis)'),
    account: z.string().optional().describe('Section of the credentials; the default one without it'),
    accountSwitchKey: z.string().optional().describe('Read as another account that this client manages'),
    select: z.string().optional().describe('JMESPath over the answer'),
    fields: z.array(z.string()).optional().describe('Members to keep of each row; a.b reaches inside'),
    rows: z.number().int().min(1).optional().describe('Show at most this many rows'),
    maxRows: z.number().int().min(1).max(100_000).default(1_000).describe('Fetch at most about this many rows'),
    maxBytes: z.number().int().min(500).max(5_000_000).default(48_000).describe('Cut the answer to this size'),
    timeoutSeconds: z.number().min(1).max(600).default(30).describe('For each call'),
  }),
  output: z.object({
    operation: z.string(),
    account: z.string(),
    status: z.number(),
    pages: z.number(),
    rows: z.number().optional().describe('Rows fetched, before select, fields and cuts'),
    data: z.unknown(),
    note: z.string().optional().describe('What was left out and how to get it'),
    nextQuery: z.record(z.string(), z.unknown()).optional().describe('Pass it as query to go on'),
  }),
  async run(input, context) {
    const akamai = akamaiOf(context);
    const { catalogue, validator } = akamai;
    const operation = catalogue.find(input.api, input.operation);
    const filled = catalogue.match(input.api, input.operation)?.pathValues ?? {};
    const result = await readOperation(
      { catalogue, validator, caller: akamai.reads(context.caller) },
      {
        operation,
        input: { path: { ...filled, ...input.path }, query: input.query, headers: input.headers, body: input.body },
        account: input.account,
        accountSwitchKey: input.accountSwitchKey,
        timeoutSeconds: input.timeoutSeconds,
        maxRows: input.maxRows,
        signal: context.signal,
      },
    );
    const shaped = shapeResult(result.body, input);
    const unread = result.more ? `${result.more.reason}; go on with nextQuery.` : undefined;
    const note = [unread, shaped.note].filter(Boolean).join(' ');
    return {
      operation: `${operation.method} ${operation.path}`,
      account: akamai.accounts.get(input.account).name,
      status: result.status,
      pages: result.pages,
      ...(result.rows === undefined ? {} : { rows: result.rows }),
      data: shaped.data,
      ...(note === '' ? {} : { note }),
      ...(result.more ? { nextQuery: { ...result.more.query } } : {}),
    };
  },
  manyLines: ['data'],
  render({ data, note }) {
    const text = typeof data === 'string' ? data : JSON.stringify(data, null, 2);
    return note === undefined ? text : `${text}\n${note}`;
  },
});
