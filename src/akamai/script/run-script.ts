import { FtsError } from '../../errors/fts-error.ts';
import { forkSibling } from '../../runtime/child-entry.ts';
import type { CallAnswer, SandboxMessage, SandboxStart, ScriptCall, ScriptLimits } from './sandbox-messages.ts';

const callsAtOnce = 6;

export interface ScriptResult {
  value: unknown;
  /** Why `value` is not whole. */
  note: string | undefined;
  logs: string[];
  calls: number;
}

export const defaultLimits: ScriptLimits = {
  cpuMilliseconds: 2_000,
  totalMilliseconds: 120_000,
  memoryBytes: 64 << 20,
  calls: 100,
  plans: 10,
  outputBytes: 48_000,
};

/**
 * Runs a program in QuickJS in a process of its own. Its only way out is `answer`, called for each call that it makes, at
 * most `limits.calls` times and a few at once. Beyond a limit the process is ended.
 */
export async function runScript(
  program: string,
  limits: ScriptLimits,
  answer: (call: ScriptCall) => Promise<unknown>,
  signal: AbortSignal,
): Promise<ScriptResult> {
  const sandbox = forkSibling(import.meta.url, 'sandbox-process', [], {
    env: {},
    execArgv: ['--max-old-space-size=256'],
  });
  let calls = 0;
  const slots = new Slots(callsAtOnce);
  try {
    return await new Promise<ScriptResult>((resolve, reject) => {
      const timer = setTimeout(() => reject(tooLong(limits)), limits.totalMilliseconds);
      const onAbort = () => reject(new FtsError('cancelled', 'Cancelled.', { cause: signal.reason }));
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      sandbox.once('error', (error) =>
        reject(new FtsError('exhausted', `The sandbox stopped: ${error.message}`, { field: 'program', cause: error })),
      );
      sandbox.once('exit', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        reject(new FtsError('internal', 'The sandbox ended without a result.'));
      });
      sandbox.send({ program, limits } satisfies SandboxStart);
      sandbox.on('message', (message: SandboxMessage) => {
        if (message.type === 'done') resolve({ ...shaped(message.value, limits), logs: message.logs, calls });
        else if (message.type === 'failed') reject(FtsError.fromJSON(message.error));
        else {
          calls++;
          const within = calls <= limits.calls;
          const result = within
            ? slots.run(() => answer(JSON.parse(message.call) as ScriptCall))
            : Promise.reject(tooMany(limits));
          result
            .then((value) => ({ value: value ?? null }))
            .catch((error: unknown) => ({ error: FtsError.from(error).toJSON() }))
            .then((body) => {
              const reply: CallAnswer = { id: message.id, answer: JSON.stringify(body) };
              if (sandbox.connected) sandbox.send(reply);
            });
        }
      });
    });
  } finally {
    sandbox.kill('SIGKILL');
  }
}

function shaped(json: string, limits: ScriptLimits): { value: unknown; note: string | undefined } {
  if (json.length <= limits.outputBytes) return { value: JSON.parse(json), note: undefined };
  return {
    value: json.slice(0, limits.outputBytes),
    note: `The result is ${json.length} characters of JSON; this is its beginning. Return less: count, filter, pick fields.`,
  };
}

function tooLong(limits: ScriptLimits): FtsError {
  return new FtsError('exhausted', `The program took longer than ${limits.totalMilliseconds / 1000} s.`, {
    field: 'program',
    remedy: 'Make fewer calls, or in parallel with Promise.all.',
  });
}

function tooMany(limits: ScriptLimits): FtsError {
  return new FtsError('exhausted', `A program makes at most ${limits.calls} calls.`, {
    field: 'program',
    remedy: 'Use lists instead of one call for each thing, or several programs.',
  });
}

/** At most so many at once; the others wait in order. */
class Slots {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
