import type { Work } from '../runtime/progress.ts';

/** What an operation's handler is given besides its input. */
export interface OperationContext extends Work {}
