import type { CallToolResult } from '@modelcontextprotocol/server';
import { visibleJson } from '../../text/visible-text.ts';
import { exportLinks } from '../export-resources.ts';
import { limitResult } from './limit-result.ts';

/** An operation's output as a tool's result: as data, and as the same data in text for clients that show only text. */
export function resultOf(output: unknown): CallToolResult {
  const record = isRecord(output) ? output : { result: output };
  const structuredContent = limitResult(record);
  return {
    structuredContent,
    content: [{ type: 'text', text: visibleJson(structuredContent) }, ...exportLinks(record)],
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
