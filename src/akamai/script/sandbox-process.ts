import { DefaultIntrinsics, getQuickJS, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten';
import { FtsError } from '../../errors/fts-error.ts';
import type { CallAnswer, SandboxMessage, SandboxStart, ScriptLimits } from './sandbox-messages.ts';

// The entry of a child process that runs one program in QuickJS and ends. The program sees the language without Date and
// Math.random, and two objects of ours; no module, file, network or timer exists in there.

/** Runs before the program, in the same context, and freezes what it makes. */
const prelude = `
'use strict';
(() => {
  const host = globalThis.__host, log = globalThis.__log;
  delete globalThis.__host; delete globalThis.__log;
  delete Math.random;
  const text = (value) => typeof value === 'string' ? value : JSON.stringify(value);
  const ask = async (call) => {
    const answer = JSON.parse(await host(JSON.stringify(call)));
    if (!answer.error) return answer.value;
    const error = new Error(answer.error.message);
    throw Object.assign(error, { name: 'AkamaiError', kind: answer.error.kind, remedy: answer.error.remedy });
  };
  const byMethod = (method) => (path, options = {}) => ask({ ...options, api: method, operation: path });
  globalThis.akamai = Object.freeze({
    call: (api, operation, options = {}) => ask({ ...options, api, operation }),
    get: (path, query = {}, options = {}) => ask({ ...options, query, api: 'GET', operation: path }),
    post: byMethod('POST'), put: byMethod('PUT'), patch: byMethod('PATCH'), delete: byMethod('DELETE'),
  });
  const write = (...values) => log(values.map(text).join(' '));
  globalThis.console = Object.freeze({ log: write, info: write, warn: write, error: write });
})();
`;

const stackBytes = 512 * 1024;
const logs: string[] = [];
let logBytes = 0;

process.once('message', (start: SandboxStart) => {
  run(start)
    .then((value) => send({ type: 'done', value, logs }))
    .catch((error: unknown) => send({ type: 'failed', error: FtsError.from(error).toJSON(), logs }));
});
process.once('disconnect', () => process.exit());

function send(message: SandboxMessage): void {
  process.send?.(message);
}

/** The program's result as JSON text. */
async function run({ program, limits }: SandboxStart): Promise<string> {
  const budget = cpuBudget(limits.cpuMilliseconds);
  const asError = (thrown: unknown) => programError(describe(thrown), limits, budget.isSpent());
  const runtime = (await getQuickJS()).newRuntime();
  runtime.setMemoryLimit(limits.memoryBytes);
  runtime.setMaxStackSize(stackBytes);
  runtime.setInterruptHandler(() => budget.isSpent());
  const context = runtime.newContext({ intrinsics: { ...DefaultIntrinsics, Date: false } });
  const unwrap = ({ error, value }: { error?: QuickJSHandle; value?: QuickJSHandle }): QuickJSHandle => {
    if (error !== undefined) throw asError(context.dump(error));
    return value as QuickJSHandle;
  };
  const waiting = installHost(context, limits);
  unwrap(budget.during(() => context.evalCode(prelude, 'prelude.js'))).dispose();
  // The program's first line is the first line of the source, so that errors name the right one.
  const source = `(async () => {${program}\n})().then((value) => JSON.stringify(value === undefined ? null : value))`;
  const promise = unwrap(budget.during(() => context.evalCode(source, 'program.js')));
  const settled = context.resolvePromise(promise);
  const failed = new Promise<never>((_resolve, reject) => {
    const goOn = () => {
      const { error } = budget.during(() => runtime.executePendingJobs());
      if (error !== undefined) reject(asError(context.dump(error)));
      else if (waiting.size === 0 && context.getPromiseState(promise).type === 'pending') reject(waitsForNothing());
    };
    goOn();
    process.on('message', ({ id, answer }: CallAnswer) => {
      waiting.get(id)?.(answer);
      waiting.delete(id);
      goOn();
    });
  });
  const value: unknown = context.dump(unwrap(await Promise.race([settled, failed])));
  return typeof value === 'string' ? value : 'null';
}

/** Gives the prelude its two functions; returns the calls that wait for an answer from outside. */
function installHost(context: QuickJSContext, limits: ScriptLimits): Map<number, (answer: string) => void> {
  const waiting = new Map<number, (answer: string) => void>();
  let nextId = 1;
  const host = context.newFunction('host', (json: QuickJSHandle) => {
    const deferred = context.newPromise();
    const id = nextId++;
    waiting.set(id, (answer) => context.newString(answer).consume((handle) => deferred.resolve(handle)));
    send({ type: 'call', id, call: context.getString(json) });
    return deferred.handle;
  });
  host.consume((handle) => context.setProp(context.global, '__host', handle));
  const log = context.newFunction('log', (line: QuickJSHandle) => {
    const text = context.getString(line);
    logBytes += text.length;
    if (logBytes <= limits.outputBytes) logs.push(text);
  });
  log.consume((handle) => context.setProp(context.global, '__log', handle));
  return waiting;
}

function waitsForNothing(): FtsError {
  return new FtsError('invalid-input', 'The program waits for something that never comes.', {
    field: 'program',
    remedy: 'Await only calls to akamai.',
  });
}

interface ThrownInside {
  name: string;
  message: string;
  line: string | undefined;
  remedy: string | undefined;
}

function describe(thrown: unknown): ThrownInside {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: 'Error', message: String(thrown), line: undefined, remedy: undefined };
  }
  const { name, message, stack, remedy } = thrown as Record<string, unknown>;
  const line = /program\.js:(\d+)/.exec(String(stack ?? ''))?.[1];
  return {
    name: String(name ?? 'Error'),
    message: String(message ?? JSON.stringify(thrown)),
    line,
    remedy: typeof remedy === 'string' ? remedy : undefined,
  };
}

function programError({ name, message, line, remedy }: ThrownInside, limits: ScriptLimits, isSpent: boolean): FtsError {
  if (isSpent) {
    return new FtsError('exhausted', `The program computed for more than ${limits.cpuMilliseconds} ms.`, {
      field: 'program',
      remedy: 'Narrow what it goes through, or raise cpuMilliseconds.',
    });
  }
  if (/out of memory/i.test(message)) {
    return new FtsError('exhausted', `The program used more than ${limits.memoryBytes >> 20} MiB.`, {
      field: 'program',
      remedy: 'Keep less: pick the fields that you need from each answer.',
    });
  }
  const where = line === undefined ? '' : ` (line ${line})`;
  return new FtsError('invalid-input', `The program failed${where}: ${name}: ${message}`, {
    field: 'program',
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Counts only the processor time inside QuickJS, which a busy machine does not stretch. */
function cpuBudget(milliseconds: number) {
  let spent = 0;
  let enteredAt: number | undefined;
  const used = () => spent + (enteredAt === undefined ? 0 : cpuMillisecondsNow() - enteredAt);
  return {
    isSpent: () => used() > milliseconds,
    during<Result>(work: () => Result): Result {
      const isOutermost = enteredAt === undefined;
      if (isOutermost) enteredAt = cpuMillisecondsNow();
      try {
        return work();
      } finally {
        if (isOutermost) {
          spent = used();
          enteredAt = undefined;
        }
      }
    },
  };
}

function cpuMillisecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
