import type { ErrorRecord } from '../../../errors/fts-error.ts';
import type { Status } from '../../../http/status-routes.ts';
import type { Job } from '../../../jobs/job.ts';
import { visibleLines, visibleValue } from '../../../text/visible-text.ts';
import type { InputOf, JobName, OperationName, OutputOf } from './operations.ts';
import { sessionKey } from './session-key.ts';

/** An error as the server says it, with what to do about it. */
export class ApiError extends Error {
  readonly status: number;
  readonly remedy: string | undefined;

  constructor(status: number, { message, field, remedy }: Partial<ErrorRecord>) {
    super(
      message === undefined
        ? `The server answered ${status}.`
        : field === undefined
          ? message
          : `${message} (${field})`,
    );
    this.status = status;
    this.remedy = remedy;
  }
}

/** Calls an operation. `key` stands in for the session's, for what a person does with a key of their own. */
export async function call<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  key?: string,
): Promise<OutputOf<Name>> {
  return (await read(await send(`/api/operations/${name}`, input, key))) as OutputOf<Name>;
}

/** Starts an operation that runs as a job. */
export async function startJob<Name extends JobName>(name: Name, input: InputOf<Name>): Promise<Job> {
  return (await read(await send(`/api/operations/${name}`, input))) as Job;
}

export async function getStatus(): Promise<Status> {
  return (await read(await send('/api/status'))) as Status;
}

/** A request to our own server: a POST where there is a body. Failures become an `ApiError`. */
export async function send(
  path: string,
  body?: object,
  key = sessionKey.get(),
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError(0, {
      message: 'The server does not answer.',
      remedy: 'Start it again with `npm start` or `fts serve`; this page goes on by itself.',
    });
  }
  if (response.ok) return response;
  const answer = (await read(response).catch(() => ({}))) as { error?: Partial<ErrorRecord> };
  throw new ApiError(response.status, answer.error ?? {});
}

/** What the server sends as every page may show it: texts in it come from models, APIs and files (docs/console.md). */
export function showable<Value>(value: Value): Value {
  return visibleValue(value, { show: visibleLines });
}

async function read(response: Response): Promise<unknown> {
  return showable(await response.json());
}
