import type { Caller } from '../access/caller.ts';
import type { AuditEvent } from '../audit/audit-log.ts';
import { FtsError } from '../errors/fts-error.ts';
import type { Job } from '../jobs/job.ts';
import { PersonAsked } from '../services/ask-person.ts';
import type { Services } from '../services/context.ts';
import { bounded, cutText } from '../store/bounded-value.ts';
import type { Operation } from './operation.ts';

/** What somebody asked for, as the audit log names it. */
interface Asked {
  operation: Pick<Operation, 'name' | 'effect' | 'positionals'>;
  input: unknown;
  caller: Caller;
}

/**
 * Runs a call and leaves one row at its end. Everything that changes something has one, whatever its outcome; a call that
 * only reads has one where it was not allowed.
 */
export async function audited<Result>(asked: Asked, services: Services, work: () => Promise<Result>): Promise<Result> {
  let result: Result;
  try {
    result = await work();
  } catch (thrown) {
    if (!(thrown instanceof PersonAsked)) recordRefusal(asked, services, FtsError.from(thrown));
    throw thrown;
  }
  if (asked.operation.effect !== 'read') record(asked, services, 'ok', {});
  return result;
}

/** Submits a job and leaves a row, or a row that says why it was not taken; none for a job that was there already. */
export function auditedSubmission(asked: Asked, services: Services, submit: () => { job: Job; isNew: boolean }): Job {
  try {
    const { job, isNew } = submit();
    if (isNew) record(asked, services, 'ok', { job: job.id, state: job.state });
    return job;
  } catch (thrown) {
    recordRefusal(asked, services, FtsError.from(thrown));
    throw thrown;
  }
}

/** Runs a job to its end and leaves a row for that. */
export async function auditedJob(asked: Asked, services: Services, id: string, work: () => Promise<Job>): Promise<Job> {
  let job: Job;
  try {
    job = await work();
  } catch (thrown) {
    const { kind, message } = FtsError.from(thrown);
    record(asked, services, 'failed', { job: id, state: 'failed', kind, message: cutText(message) });
    throw thrown;
  }
  record(asked, services, job.state === 'succeeded' ? 'ok' : 'failed', { job: id, state: job.state });
  return job;
}

const declined = new Set<FtsError['kind']>(['unauthorized', 'forbidden', 'invalid-input', 'conflict', 'cancelled']);

function recordRefusal(asked: Asked, services: Services, { kind, message, field }: FtsError): void {
  const { operation } = asked;
  if (operation.effect === 'read' && kind !== 'forbidden' && kind !== 'unauthorized') return;
  const event = eventOf(asked, services, declined.has(kind) ? 'refused' : 'failed', {
    kind,
    message: cutText(message),
    ...(field === undefined ? {} : { field }),
  });
  services.refusals.record(event, kind);
}

function record(asked: Asked, services: Services, outcome: AuditEvent['outcome'], details: object): void {
  services.audit.record(eventOf(asked, services, outcome, details));
}

function eventOf(
  { operation, input, caller }: Asked,
  { audit }: Services,
  outcome: AuditEvent['outcome'],
  details: object,
): AuditEvent {
  // Cut after the secrets have gone, so that none is left in half.
  const shown = audit.withoutSecrets(input);
  return {
    actor: caller.name,
    channel: caller.channel,
    action: operation.name,
    subject: subjectOf(operation, shown),
    outcome,
    details: { credential: caller.credential, ...details, input: bounded(shown) },
  };
}

/** The first word that names what the call is about, as on the command line. */
function subjectOf({ positionals = [] }: Asked['operation'], input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const values = input as Record<string, unknown>;
  const named = [...positionals, 'name', 'id', 'planId', 'model'].map((field) => values[field]);
  const subject = named.find((value) => typeof value === 'string');
  return typeof subject === 'string' ? cutText(subject) : '';
}
