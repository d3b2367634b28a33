import { z } from 'zod';
import { callerSchema } from '../access/caller.ts';

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;
export type JobState = (typeof jobStates)[number];

const errorRecordSchema = z.looseObject({
  kind: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
});

export const progressSchema = z.object({
  stage: z.string(),
  done: z.number(),
  total: z.number().optional(),
  unit: z.enum(['steps', 'tokens', 'bytes', 'layers', 'requests', 'items']).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  note: z.string().optional(),
});

/** One piece of long-running work: an operation with its input, and how far it has come. */
export const jobSchema = z.object({
  id: z.string(),
  /** The operation's name. */
  operation: z.string(),
  input: z.record(z.string(), z.unknown()),
  state: z.enum(jobStates),
  progress: progressSchema.nullable(),
  result: z.unknown(),
  error: errorRecordSchema.nullable(),
  /** How often it was started; more than 1 after a resume. */
  attempts: z.number().int(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  /** Whoever started it first: what the job does is recorded under this name, wherever and whenever it runs. */
  requestedBy: callerSchema,
  /** What holds it up and what to do about it: its process, or that of the job before it, is stopped by a signal. */
  warning: z.string().nullable(),
});

export type Job = z.output<typeof jobSchema>;

/** States from which nothing more happens unless somebody resumes the job. */
export function isFinished(state: JobState): boolean {
  return state !== 'queued' && state !== 'running';
}
