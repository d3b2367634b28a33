import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { getEncoding } from 'js-tiktoken';
import { describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import { operations } from '../../operations/find-operation.ts';
import type { Services } from '../../services/context.ts';
import { createMcpFace } from '../protocol/mcp-face.ts';
import { mcpRoutes } from '../protocol/mcp-routes.ts';
import { operationTool } from './operation-tool.ts';
import { narrowTools, selectionFromHeaders, selectOperations, toolName } from './selection.ts';
import { listingBudget, toolsetNames, toolsets } from './toolsets.ts';

const placed = toolsetNames.flatMap((name) => toolsets[name].operations as readonly string[]);
const snapshots = join(import.meta.dirname, 'snapshots');
const listing = (selection = {}) =>
  selectOperations(selection).map((operation) => operationTool(operation, {} as Services).definition);

describe('the toolsets', () => {
  it('name only operations that exist, each once', () => {
    const existing = new Set(operations.map(({ name }) => name));
    expect(placed.filter((name) => !existing.has(name))).toEqual([]);
    expect(new Set(placed).size).toBe(placed.length);
  });

  it('have a place for every operation that a model may call', () => {
    const callable = operations.filter(({ personOnly }) => personOnly !== true).map(({ name }) => name);
    expect(callable.filter((name) => !placed.includes(name))).toEqual([]);
  });

  it('never offer what only a person may do', () => {
    const forPersons = operations.filter(({ personOnly }) => personOnly === true).map(({ name }) => toolName(name));
    const offered = listing({ toolsets: ['all'] }).map(({ name }) => name);
    expect(offered.filter((name) => forPersons.includes(name))).toEqual([]);
  });
});

describe('the listing that a client sees by default', () => {
  it(`has at most ${listingBudget.tools} tools and costs less than ${listingBudget.tokens} tokens`, () => {
    const tools = listing();
    const tokens = getEncoding('o200k_base').encode(JSON.stringify({ tools })).length;
    process.stdout.write(`tools/list: ${tools.length} tools, ${tokens} tokens (o200k_base)\n`);
    expect(tools.length).toBeLessThanOrEqual(listingBudget.tools);
    expect(tokens).toBeLessThan(listingBudget.tokens);
  });

  // After a change that is meant: npx vitest run src/mcp/tools/toolsets.test.ts -u, and read the difference.
  it.each(listing({ toolsets: ['all'] }))('has $name as it was reviewed', async (definition) => {
    const file = join(snapshots, `${definition.name}.json`);
    await expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('has nothing reviewed that is no tool any more', () => {
    const tools = new Set(listing({ toolsets: ['all'] }).map(({ name }) => `${name}.json`));
    expect(readdirSync(snapshots).filter((file) => !tools.has(file))).toEqual([]);
  });

  it('gives every tool its three hints, a title and a description that says when to use it', () => {
    for (const { annotations, title, description, name } of listing({ toolsets: ['all'] })) {
      expect(annotations, name).toMatchObject({
        readOnlyHint: expect.any(Boolean),
        destructiveHint: expect.any(Boolean),
        openWorldHint: expect.any(Boolean),
      });
      expect(title, name).toBeTruthy();
      expect(description!.length, name).toBeGreaterThan(30);
    }
  });
});

describe('a selection', () => {
  it('of the operator offers exactly what it names', () => {
    expect(selectOperations({ toolsets: ['jobs'] }).map(({ name }) => name)).toEqual(toolsets.jobs.operations);
    expect(selectOperations({ tools: ['jobs_show'] }).map(({ name }) => name)).toEqual(['jobs.show']);
    const readOnly = selectOperations({ toolsets: ['all'], readOnly: true });
    expect(readOnly.every(({ effect }) => effect === 'read')).toBe(true);
    // A plan is stored for a person to approve, so whatever makes one writes.
    expect(readOnly.filter(({ scope }) => scope === 'plan')).toEqual([]);
    expect(readOnly.map(({ name }) => name)).not.toContain('akamai.plan');
    expect(() => selectOperations({ toolsets: ['nope'] })).toThrow(/No toolset "nope"/);
    expect(() => selectOperations({ tools: ['format_disk'] })).toThrow(/No tool "format_disk"/);
  });

  it('of a client can only take away', () => {
    const offered = selectOperations({ toolsets: ['jobs'] }).map((operation) =>
      operationTool(operation, {} as Services),
    );
    const left = (headers: Record<string, string>) =>
      narrowTools(offered, selectionFromHeaders(new Headers(headers))).map(({ name }) => name);
    expect(left({})).toEqual(offered.map(({ name }) => name));
    expect(left({ 'x-mcp-toolsets': 'life,admin' })).toEqual([]);
    expect(left({ 'x-mcp-toolsets': 'all' })).toEqual(offered.map(({ name }) => name));
    expect(left({ 'x-mcp-tools': 'jobs_show, models_remove' })).toEqual(['jobs_show']);
    expect(left({ 'x-mcp-toolsets': 'default' })).toEqual(offered.map(({ name }) => name));
    expect(left({ 'x-mcp-readonly': 'false' })).toEqual(offered.map(({ name }) => name));
    expect(left({ 'x-mcp-readonly': 'true' })).toEqual(['jobs_list', 'jobs_show']);
  });

  it('with a name that does not exist is refused with the names that do, by whoever it is made', async () => {
    const services = temporaryServices();
    for (const [header, name, known] of [
      ['x-mcp-toolsets', 'defualt', 'default, all, life'],
      ['x-mcp-tools', 'jobs_lst', 'jobs_list'],
      ['x-mcp-readonly', 'maybe', 'true or false'],
    ] as const) {
      const answer = await mcpRoutes(services, { version: '0' }).request('http://127.0.0.1:8787/mcp', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', [header]: name },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(known)]);
    }
    for (const environment of [{ FTS_MCP_TOOLSETS: 'defualt' }, { FTS_MCP_TOOLS: 'jobs_lst' }])
      expect(() => createMcpFace(temporaryServices(environment), { version: '0' })).toThrow(/No tool(set)? /);
  });
});
