import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Python process with PyTorch that trains on command (torch_train.py). */
export class TorchPeer {
  readonly version: string;
  /** Its FP32 matrix products in FLOP/s, the best sample: a build without a fast BLAS is no measure of PyTorch. */
  matrixFlops = 0;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, answers: AsyncIterator<string>, version: string) {
    this.#process = child;
    this.#answers = answers;
    this.version = version;
  }

  /** Starts the first of the interpreters that can import PyTorch; undefined when none can. */
  static async start(threads: number, interpreter?: string): Promise<TorchPeer | undefined> {
    const candidates = interpreter === undefined ? ['python3', '/usr/bin/python3'] : [interpreter];
    const python = candidates.find((name) => spawnSync(name, ['-c', 'import torch']).status === 0);
    if (python === undefined) return undefined;
    const child = spawn(python, [join(import.meta.dirname, 'torch_train.py')]);
    child.stderr.pipe(process.stderr);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const unnamed = new TorchPeer(child, answers, '');
    const { version } = (await unnamed.ask({ op: 'hello', threads })) as { version: string };
    return new TorchPeer(child, answers, version);
  }

  async ask(request: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('The PyTorch process ended.');
    return JSON.parse(value);
  }

  /** Milliseconds of each of `count` optimizer or training steps. */
  async times(op: 'steps' | 'updates', count: number): Promise<number[]> {
    return ((await this.ask({ op, count })) as { milliseconds: number[] }).milliseconds;
  }

  async sampleMatrixSpeed(): Promise<void> {
    const { matrixFlops } = (await this.ask({ op: 'matrix' })) as { matrixFlops: number };
    this.matrixFlops = Math.max(this.matrixFlops, matrixFlops);
  }

  stop(): void {
    this.#process.stdin.end();
  }
}
