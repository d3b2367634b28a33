import { setImmediate } from 'node:timers/promises';
import { FtsError } from '../../errors/fts-error.ts';
import { call, callAsync, create, type Pointer, release } from './c-api.ts';
import { byteLengthOf, ELEMENT_TYPES, type ElementType, type TensorData } from './element-type.ts';
import { onnxEnvironment } from './environment.ts';

/** A typed array and how native code is to see it. The array is used in place: no copy in, no copy out. */
export interface BoundTensor {
  data: TensorData;
  shape: readonly number[];
  type: ElementType;
}

export interface SessionOptions {
  /** ONNX Runtime's own graph rewriting: 0 runs the graph as it was written, 99 everything. */
  optimizationLevel?: 0 | 1 | 2 | 99;
  config?: Readonly<Record<string, string>>;
  /** Path prefix of a profile that ONNX Runtime writes when the session is closed. */
  profilePrefix?: string;
}

/** The longest that the event loop is held up by a run on its own thread, as far as the run before it tells. */
const LONGEST_HOLD_MS = 100;

/** A compiled model. `close` releases it and every binding that was made from it. */
export class Session {
  readonly #handle: Pointer;
  readonly #bindings = new Set<Binding>();
  #closed = false;

  /** `model` is an encoded ONNX ModelProto. Throws `internal` with the runtime's message when it does not load. */
  constructor(model: Uint8Array, options: SessionOptions = {}) {
    const { handle: environment } = onnxEnvironment();
    const native = create('CreateSessionOptions');
    try {
      call('SetSessionGraphOptimizationLevel', native, options.optimizationLevel ?? 99);
      call('DisablePerSessionThreads', native);
      // A memory pattern is laid out anew after the first run, beside what that run left in the arena: twice the
      // memory for the same speed.
      call('DisableMemPattern', native);
      call('SetSessionExecutionMode', native, 0);
      for (const [key, value] of Object.entries(options.config ?? {})) {
        call('AddSessionConfigEntry', native, key, value);
      }
      if (options.profilePrefix !== undefined) call('EnableProfiling', native, options.profilePrefix);
      this.#handle = create('CreateSessionFromArray', environment, model, model.byteLength, native);
    } finally {
      release('ReleaseSessionOptions', native);
    }
  }

  /** Fixes the arrays of a run. One binding may be run any number of times, one run at a time. */
  bind(inputs: Readonly<Record<string, BoundTensor>>, outputs: Readonly<Record<string, BoundTensor>>): Binding {
    if (this.#closed) throw new FtsError('internal', 'The session is closed.');
    const binding = new Binding(this.#handle, inputs, outputs, () => this.#bindings.delete(binding));
    this.#bindings.add(binding);
    return binding;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const binding of this.#bindings) binding.close();
    release('ReleaseSession', this.#handle);
  }
}

/** The arrays of a run, held alive together with their native views for as long as the binding is open. */
export class Binding {
  readonly #session: Pointer;
  readonly #handle: Pointer;
  readonly #values: Pointer[] = [];
  /** Native code writes into these arrays: dropping them before `close` would free memory in use. */
  readonly #arrays: TensorData[] = [];
  readonly #onClose: () => void;
  #running = false;
  #closed = false;
  /** What the last of the brief runs took. The first one is not taken for one. */
  #milliseconds = Number.POSITIVE_INFINITY;

  constructor(
    session: Pointer,
    inputs: Readonly<Record<string, BoundTensor>>,
    outputs: Readonly<Record<string, BoundTensor>>,
    onClose: () => void,
  ) {
    this.#session = session;
    this.#onClose = onClose;
    this.#handle = create('CreateIoBinding', session);
    try {
      for (const [name, tensor] of Object.entries(inputs))
        call('BindInput', this.#handle, name, this.#wrap(name, tensor));
      for (const [name, tensor] of Object.entries(outputs)) {
        call('BindOutput', this.#handle, name, this.#wrap(name, tensor));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Computes the outputs; blocks the calling thread, which is one of the compute threads. */
  run(): void {
    this.#begin();
    try {
      call('RunWithBinding', this.#session, null, this.#handle);
    } finally {
      this.#running = false;
    }
  }

  /**
   * Computes the outputs and lets the event loop turn. While runs are brief they stay on the calling thread: handing
   * them to another one and back costs a tenth of a run of 50 ms. A longer one goes as with `runAsync`.
   */
  async runBriefly(): Promise<void> {
    const begun = performance.now();
    if (this.#milliseconds > LONGEST_HOLD_MS) await this.runAsync();
    else {
      this.run();
      await setImmediate();
    }
    this.#milliseconds = performance.now() - begun;
  }

  /** Computes the outputs on a native thread while the event loop goes on. */
  async runAsync(): Promise<void> {
    this.#begin();
    try {
      await callAsync('RunWithBinding', this.#session, null, this.#handle);
    } finally {
      this.#running = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    if (this.#running) throw new FtsError('internal', 'A binding cannot be closed during a run.');
    this.#closed = true;
    release('ReleaseIoBinding', this.#handle);
    for (const value of this.#values) release('ReleaseValue', value);
    this.#values.length = 0;
    this.#arrays.length = 0;
    this.#onClose();
  }

  #begin(): void {
    if (this.#closed) throw new FtsError('internal', 'The binding is closed.');
    if (this.#running) throw new FtsError('internal', 'The binding is already running.');
    this.#running = true;
  }

  #wrap(name: string, { data, shape, type }: BoundTensor): Pointer {
    const elements = shape.reduce((product, size) => product * size, 1);
    const expected = byteLengthOf(type, elements);
    if (data.byteLength !== expected) {
      throw new FtsError(
        'internal',
        `Tensor ${name}: ${type} [${shape.join(', ')}] takes ${expected} bytes, the array has ${data.byteLength}.`,
      );
    }
    const dimensions = BigInt64Array.from(shape, BigInt);
    const value = create(
      'CreateTensorWithDataAsOrtValue',
      onnxEnvironment().cpuMemory,
      data,
      data.byteLength,
      dimensions,
      dimensions.length,
      ELEMENT_TYPES[type].onnx,
    );
    this.#values.push(value);
    this.#arrays.push(data);
    return value;
  }
}
