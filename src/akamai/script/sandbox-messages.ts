import type { ErrorRecord } from '../../errors/fts-error.ts';

export interface ScriptLimits {
  /** Of the program's own computing; waiting for Akamai does not count. */
  cpuMilliseconds: number;
  /** From start to end. */
  totalMilliseconds: number;
  memoryBytes: number;
  /** Calls to Akamai, and of those how many may be plans. */
  calls: number;
  plans: number;
  /** Of the result, and of everything logged, as JSON text. */
  outputBytes: number;
}

/** What the program may ask of its host: one call, by operation or by method and path. */
export interface ScriptCall {
  api: string;
  operation: string;
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  maxRows?: number;
}

export interface SandboxStart {
  program: string;
  limits: ScriptLimits;
}

export type SandboxMessage =
  | { type: 'call'; id: number; call: string }
  | { type: 'done'; value: string; logs: string[] }
  | { type: 'failed'; error: ErrorRecord; logs: string[] };

export interface CallAnswer {
  id: number;
  /** JSON of `{ value }` or `{ error }`. */
  answer: string;
}
