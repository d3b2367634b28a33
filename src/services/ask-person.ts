import type { z } from 'zod';

/** Leaves a handler so that a person can be asked; it runs again with their answer. Nothing has failed or been refused. */
export class PersonAsked extends Error {}

/** A form that we wrote, for a person to read and answer. */
export interface Form {
  /** What the person reads before deciding. */
  message: string;
  /** What they fill in: flat, of texts, numbers, choices and ticks. */
  fields: z.ZodObject;
  /** Digest of what the form is about. An answer counts only for the very thing that was shown. */
  digest: string;
  /** Where the same can be decided in a browser. */
  path?: string;
}

export type FormAnswer =
  | { action: 'accept'; values: Record<string, unknown>; person: string }
  | { action: 'decline' | 'cancel' };

/**
 * Shows a form to the person behind the caller and returns what they answered. The operation may be run again from its
 * start for the answer, so it must have changed nothing before it asks.
 */
export type AskPerson = (form: Form) => Promise<FormAnswer>;
