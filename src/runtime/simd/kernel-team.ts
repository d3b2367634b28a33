import { Worker } from 'node:worker_threads';
import { CONTROL, CONTROL_BYTES, KERNEL_ORDER, type KernelCall } from './kernel-call.ts';
import { instantiateKernels, type Kernels, kernelModule } from './shared-memory.ts';

/** Threads beyond this number gain nothing: the loops are bound by memory bandwidth. */
const MAX_THREADS = 8;

interface Member {
  worker: Worker;
  control: Int32Array;
  args: Float64Array;
}

/**
 * The calling thread and some workers that run kernels side by side. Waiting is a spin of well under a millisecond:
 * the work is cut into equal parts and the caller does one of them.
 */
export class KernelTeam {
  readonly #own: Kernels[];
  readonly #members: Member[];
  readonly threads: number;

  private constructor(memories: readonly WebAssembly.Memory[], members: Member[]) {
    this.#own = memories.map(instantiateKernels);
    this.#members = members;
    this.threads = members.length + 1;
  }

  /** Starts `threads - 1` workers over the memories. They do not keep the process alive. */
  static async start(memories: readonly WebAssembly.Memory[], threads: number): Promise<KernelTeam> {
    const count = Math.min(threads, MAX_THREADS) - 1;
    const members = await Promise.all(Array.from({ length: count }, () => startMember(memories)));
    return new KernelTeam(memories, members);
  }

  /** Runs every call, the first ones on the workers and the rest here, and returns when all are done. */
  run(calls: readonly KernelCall[]): void {
    for (let next = 0; next < calls.length; next += this.threads) {
      const round = calls.slice(next, next + this.threads);
      const remote = round.slice(1);
      for (const [index, call] of remote.entries()) dispatch(this.#members[index]!, call);
      const { memory, kernel, args } = round[0]!;
      (this.#own[memory]![kernel] as (...args: number[]) => void)(...args);
      for (const { control } of this.#members.slice(0, remote.length)) {
        while (Atomics.load(control, CONTROL.done) !== control[CONTROL.started]);
      }
    }
  }

  /** The kernels over one memory on the calling thread alone. */
  kernels(memory: number): Kernels {
    return this.#own[memory]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
    this.#members.length = 0;
  }
}

async function startMember(memories: readonly WebAssembly.Memory[]): Promise<Member> {
  const buffer = new SharedArrayBuffer(CONTROL_BYTES);
  const worker = new Worker(new URL('./kernel-worker.mjs', import.meta.url), {
    execArgv: [],
    workerData: { module: kernelModule(), memories, kernelOrder: KERNEL_ORDER, buffer, layout: CONTROL },
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.unref();
  return { worker, control: new Int32Array(buffer, 0, 8), args: new Float64Array(buffer, 64) };
}

function dispatch({ control, args }: Member, call: KernelCall): void {
  control[CONTROL.memory] = call.memory;
  control[CONTROL.kernel] = KERNEL_ORDER.indexOf(call.kernel);
  control[CONTROL.argumentCount] = call.args.length;
  args.set(call.args);
  Atomics.add(control, CONTROL.started, 1);
  Atomics.notify(control, CONTROL.started);
}
