import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { AkamaiCaller, AkamaiRequest } from '../client/akamai-request.ts';
import { type EdgeError, edgeErrors, knownError, referenceIn } from './edge-errors.ts';

const translationSchema = z.looseObject({
  executionStatus: z.enum(['SUCCESS', 'FAILURE', 'IN_PROGRESS']),
  link: z.string().nullish(),
  retryAfter: z.number().nullish(),
  result: z.record(z.string(), z.unknown()).nullish(),
  suggestedActions: z.array(z.unknown()).nullish(),
});

/** Logs behind a reference number are searched for at most this long. */
const longestWaitSeconds = 120;
const shortestPollSeconds = 1;

export interface ErrorExplanation {
  reference: string | null;
  known: EdgeError | null;
  /** What Akamai's logs say of this very request; null when it was not asked or did not find it. */
  translation: Record<string, unknown> | null;
  suggestedActions: string[];
  note: string;
}

/** Explains an edge error code, or a reference number by what is known of its kind and what the logs say of it. */
export async function explainError(
  caller: AkamaiCaller,
  text: string,
  options: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'> & {
    askAkamai: boolean;
    pollSeconds?: number;
  },
): Promise<ErrorExplanation> {
  const reference = referenceIn(text) ?? null;
  const known = knownError(text) ?? null;
  const answer = { reference, known, translation: null, suggestedActions: [] };
  if (reference === null) {
    if (known !== null) return { ...answer, note: 'A code, not one request: for that, give its reference number.' };
    throw new FtsError('not-found', 'That is neither a reference number nor an edge error code that is known here.', {
      field: 'error',
      value: text.slice(0, 100),
      remedy: `Copy the line "Reference #…" from the error page, or name a code such as ${edgeErrors[0]?.code}.`,
    });
  }
  if (!options.askAkamai)
    return { ...answer, note: 'From the kind of reference number alone; the logs were not asked.' };
  const { askAkamai: _, pollSeconds, ...as } = options;
  const translated = await translate(caller, reference, as, pollSeconds ?? shortestPollSeconds);
  if (translated.executionStatus === 'SUCCESS' && translated.result) {
    return {
      ...answer,
      translation: translated.result,
      suggestedActions: (translated.suggestedActions ?? []).map((action) =>
        typeof action === 'string' ? action : JSON.stringify(action),
      ),
      note: 'From the logs of the edge server that answered.',
    };
  }
  return { ...answer, note: 'The logs hold nothing about this reference number (they are kept for about a day).' };
}

async function translate(
  caller: AkamaiCaller,
  errorCode: string,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'>,
  pollSeconds: number,
) {
  const started = await caller.requestOk({
    method: 'POST',
    path: '/edge-diagnostics/v1/error-translator',
    body: { errorCode, traceForwardLogs: true },
    ...as,
  });
  let state = parseWith(translationSchema, started.body, 'the translation');
  const path = state.link ?? undefined;
  const deadline = Date.now() + longestWaitSeconds * 1000;
  while (state.executionStatus === 'IN_PROGRESS' && path !== undefined) {
    if (Date.now() > deadline) {
      throw new FtsError(
        'unavailable',
        `Akamai did not find the logs of ${errorCode} within ${longestWaitSeconds} s.`,
        {
          field: 'error',
          value: errorCode,
          remedy: 'Try again in a minute.',
        },
      );
    }
    await sleep(Math.max(state.retryAfter ?? 0, pollSeconds) * 1000, undefined, as.signal ? { signal: as.signal } : {});
    const { body } = await caller.requestOk({ method: 'GET', path, ...as });
    state = parseWith(translationSchema, body, 'the translation');
  }
  return state;
}
