import type { z } from 'zod';
import type { Scope } from '../access/api-keys.ts';
import type { OperationContext, Services } from '../services/context.ts';

/**
 * What an operation does: reads, writes, destroys, or changes who may do what (keys, approvers, settings), which nobody
 * can without a credential.
 */
export type Effect = 'read' | 'write' | 'destructive' | 'access';

/**
 * One thing the program can do. CLI, MCP, HTTP and console are made from this record; none has logic of its own.
 */
export interface Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  /** Dotted and unique: `train`, `models.list`. The CLI's words and the MCP tool's name are made from it. */
  name: string;
  title: string;
  /** For whoever has to choose: what it does, when to use it, what comes back, how to narrow a long answer. */
  description: string;
  effect: Effect;
  /** The right that a caller's key or token needs. */
  scope: Scope;
  /** Calling it again with the same input changes nothing more. */
  idempotent: boolean;
  /** It talks to systems beyond this machine. */
  openWorld: boolean;
  /** Takes longer than a request should: runs as a job with progress, cancel and resume. */
  job: boolean;
  /**
   * For a job: the names that it will write (`modelName`, `artifactName`), reserved for it from the moment it is queued
   * until it ends.
   */
  writes?(input: z.output<Input>): readonly string[];
  /** For a job: throws, before it is queued, what it would refuse as soon as it runs, such as a taken name. */
  check?(input: z.output<Input>, services: Services): void;
  /** Only a person may call it (a terminal or the console), never a model: no MCP tool is made from it. */
  personOnly?: boolean;
  /** Only the console's pages call it: it is no command either. */
  consoleOnly?: boolean;
  /** Input fields that only the console's pages send: no flag is made of them, and a terminal's input has none. */
  consoleFields?: readonly (keyof z.input<Input> & string)[];
  /** Input fields that the CLI takes as plain words, in order; the last may be a list. */
  positionals?: readonly (keyof z.input<Input> & string)[];
  /** For control of other work: the operation whose right the caller needs as well. */
  actsOn?(input: z.output<Input>, context: OperationContext): string;
  /** One real command line, shown in `--help`. */
  example: string;
  input: Input;
  output: Output;
  run(input: z.output<Input>, context: OperationContext): Promise<z.input<Output>>;
  /** For a check: whether it passed. A command line ends with 1 where it did not, so that a script can tell. */
  passed?(output: z.output<Output>): boolean;
  /** What `--json` prints, where a script expects another form than the whole output: a bare list, say. */
  toJson?(output: z.output<Output>): unknown;
  /** Fields of the output whose texts have several lines, such as a page; in all others a line break is no line break. */
  manyLines?: readonly string[];
  /** The result as text for a person, with every text in it visible; without it the CLI prints the fields as a table. */
  render?(output: z.output<Output>): string;
}

/** Types alone, for a caller that knows which operation it calls: what it sends as JSON, and what comes back. */
interface CallTypes<Input, Output> {
  readonly types?: { input: Input; output: Output };
}

/** `unknown` where only the general type of an operation is known. */
export type InputOf<Called extends Operation> = Called extends CallTypes<infer Input, unknown> ? Input : unknown;
export type OutputOf<Called extends Operation> = Called extends CallTypes<unknown, infer Output> ? Output : unknown;

/**
 * Checks an operation where it is written, and widens it to the type that the index and the faces use; its name, its
 * input and its output stay known to the types.
 */
export function defineOperation<
  const Name extends string,
  const Job extends boolean,
  Input extends z.ZodObject,
  Output extends z.ZodType,
>(
  operation: Operation<Input, Output> & { name: Name; job: Job },
): Operation & { name: Name; job: Job } & CallTypes<z.input<Input>, z.output<Output>> {
  return operation as unknown as Operation & { name: Name; job: Job };
}
