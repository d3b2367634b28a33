import type { AuditRow } from './audit-log.ts';

export const auditFormats = ['jsonl', 'cef'] as const;
export type AuditFormat = (typeof auditFormats)[number];

/** One row as one line: JSON, or ArcSight's Common Event Format (CEF:0) for security event collectors. */
export function auditLine(row: AuditRow, format: AuditFormat): string {
  return format === 'jsonl' ? JSON.stringify(row) : cefLine(row);
}

const severities: Record<AuditRow['outcome'], number> = { ok: 3, refused: 6, failed: 7, unclear: 8 };

function cefLine(row: AuditRow): string {
  const header = ['CEF:0', 'FTS', 'fts-mcp-server', '1', row.action, `${row.action} ${row.outcome}`];
  const extension: [string, string][] = [
    ['rt', String(Date.parse(row.at))],
    ['suser', row.actor],
    ['app', row.channel],
    ['act', row.action],
    ['outcome', row.outcome],
    ['cs1Label', 'subject'],
    ['cs1', row.subject],
    ['cs2Label', 'hash'],
    ['cs2', row.hash],
    ['cn1Label', 'sequence'],
    ['cn1', String(row.sequence)],
    ['msg', JSON.stringify(row.details)],
  ];
  const fields = extension.map(([key, value]) => `${key}=${escapeExtension(value)}`).join(' ');
  return `${header.map(escapeHeader).join('|')}|${severities[row.outcome]}|${fields}`;
}

function escapeHeader(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]+/g, ' ');
}

function escapeExtension(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('=', '\\=').replaceAll(/\r?\n/g, '\\n');
}
