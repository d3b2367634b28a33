import { randomUUID } from 'node:crypto';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { FtsError } from '../../errors/fts-error.ts';

/** Where our own faults are written, by the id that the caller is given. */
export type ReportFault = (id: string, error: unknown) => void;

/**
 * An error as a tool's answer. What the caller can mend is told in words with its remedy; what we must mend is told as
 * an id, and goes to the log: no stack, path or secret reaches a model.
 */
export function errorResult(thrown: unknown, reportFault: ReportFault): CallToolResult {
  const error = FtsError.from(thrown);
  if (error.kind === 'internal') {
    const id = randomUUID();
    reportFault(id, thrown);
    return failed({
      kind: 'internal',
      message: `Our fault, logged as ${id}.`,
      remedy: 'Try once more, then report it.',
    });
  }
  const { kind, message, field, remedy, retryAfterSeconds } = error.toJSON();
  return failed({
    kind,
    message,
    ...(field === undefined ? {} : { field }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function failed(error: Record<string, unknown> & { message: string; remedy?: string }): CallToolResult {
  const text = error.remedy === undefined ? error.message : `${error.message}\n→ ${error.remedy}`;
  return { isError: true, content: [{ type: 'text', text }], _meta: { 'fts/error': error } };
}
