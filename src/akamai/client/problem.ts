import { type ErrorKind, FtsError } from '../../errors/fts-error.ts';
import type { AkamaiRequest, AkamaiResponse } from './akamai-request.ts';
import { retryAfterMs } from './rate-limits.ts';

const longestText = 1500;
/** EdgeGrid accepts a timestamp within this distance of its own clock. */
const ALLOWED_SKEW_SECONDS = 30;

const ACKNOWLEDGE = 'Correct what they warn of, or plan it again and acknowledge each by its message id.';

/** An HTTP refusal as one error in words: who refused, why (problem+json, Linode's errors), and what to do. */
export function refusalError(request: AkamaiRequest, response: AkamaiResponse, now: number): FtsError {
  const where = `${request.method.toUpperCase()} ${request.path}`;
  const skew = clockSkew(response, now);
  if (skew) return skew;
  const said = whatItSaid(response.body);
  const message = `Akamai answered ${response.status} to ${where}${said === '' ? '.' : `: ${said}`}`;
  const wait = response.status === 429 ? retryAfterMs(response.headers, now) : undefined;
  return new FtsError(kindOf(response.status), message, {
    field: where,
    value: response.status,
    ...remedyFor(response.status, wait),
    ...(warningsIn(response.body).length > 0 ? { remedy: ACKNOWLEDGE } : {}),
    ...(wait === undefined ? {} : { retryAfterSeconds: Math.ceil(wait / 1000) }),
  });
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 409 || status === 412 || status === 428) return 'conflict';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'unavailable' : 'invalid-input';
}

function remedyFor(status: number, waitMs: number | undefined): { remedy?: string } {
  switch (status) {
    case 401:
      return { remedy: 'Check the API client’s keys (fts akamai whoami) and that they have not expired.' };
    case 403:
      return { remedy: 'Give the API client this API and group in Control Center, or use another account.' };
    case 404:
      return { remedy: 'Check the identifiers in the path, and that this account (or account switch key) owns them.' };
    case 409:
    case 412:
    case 428:
      return { remedy: 'Read the current state and try again from there.' };
    case 429:
      return {
        remedy: waitMs === undefined ? 'Wait and try again.' : `Try again in ${Math.ceil(waitMs / 1000)} seconds.`,
      };
    default:
      return status >= 500 ? { remedy: 'Try again later; if it lasts, open a case with Akamai.' } : {};
  }
}

/** Akamai's "Invalid timestamp" says nothing of how far off the clock is; the answer's own Date header does. */
function clockSkew(response: AkamaiResponse, now: number): FtsError | undefined {
  if (response.status !== 400 && response.status !== 401) return undefined;
  if (!/timestamp/i.test(whatItSaid(response.body))) return undefined;
  const server = Date.parse(response.headers.date ?? '');
  const offBy = Number.isFinite(server) ? (now - server) / 1000 : undefined;
  const known = offBy !== undefined && Math.abs(offBy) > ALLOWED_SKEW_SECONDS;
  const clock = known
    ? `This machine's clock is ${inWords(Math.abs(offBy))} ${offBy > 0 ? 'ahead of' : 'behind'} Akamai's`
    : `This machine's clock differs from Akamai's by more than ${ALLOWED_SKEW_SECONDS} seconds`;
  return new FtsError('unauthorized', `${clock}, so the signature's timestamp was refused. Nothing was done.`, {
    field: 'clock',
    value: new Date(now).toISOString(),
    remedy: 'Synchronise the clock (for example: timedatectl set-ntp true), then try again.',
  });
}

function inWords(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}

/** The human part of an error body: problem+json (title, detail, its errors), Linode's reasons, or plain text. */
function whatItSaid(body: unknown): string {
  if (typeof body === 'string') return clip(body.replace(/<[^>]*>/g, ' '));
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return '';
  const record = body as Record<string, unknown>;
  const errors = Array.isArray(record.errors) ? record.errors.slice(0, 3) : [];
  const nested = [...errors, ...warningsIn(body)].map(oneError);
  const parts = [record.title, record.detail, record.message, record.error, record.errorMessage, ...nested];
  const texts = parts.filter((part): part is string => typeof part === 'string' && part.trim() !== '');
  return clip([...new Set(texts)].join(' — '));
}

/** Property Manager refuses an activation whose warnings are not acknowledged, and lists them. */
function warningsIn(body: unknown): unknown[] {
  const warnings = typeof body === 'object' && body !== null ? Reflect.get(body, 'warnings') : undefined;
  return Array.isArray(warnings) ? warnings : [];
}

function oneError(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const { field, errorLocation, messageId, reason, detail, title, message } = error as Record<string, unknown>;
  const place = [field, messageId, errorLocation].find((part) => typeof part === 'string') ?? '';
  const said = [reason, detail, title, message].find((part) => typeof part === 'string') ?? '';
  return place === '' ? String(said) : `${String(place)}: ${String(said)}`;
}

function clip(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > longestText ? `${flat.slice(0, longestText)}…` : flat;
}
