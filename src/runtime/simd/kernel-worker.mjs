// The body of a kernel thread: sleep until a call is handed over, run it, say so. Ended by terminate().
// Plain JavaScript, so that the same file is a worker's entry from src/ and from dist/; kernel-call.ts describes the
// control block, whose layout comes with the start data.
import { parentPort, workerData } from 'node:worker_threads';

const { module, memories, kernelOrder, buffer, layout } = workerData;
const control = new Int32Array(buffer, 0, 8);
const args = new Float64Array(buffer, 64);
const kernels = memories.map((memory) => new WebAssembly.Instance(module, { env: { memory } }).exports);
parentPort.postMessage('ready');

for (let finished = 0; ; ) {
  Atomics.wait(control, layout.started, finished);
  if (Atomics.load(control, layout.started) === finished) continue; // a spurious wake
  const kernel = kernels[control[layout.memory]][kernelOrder[control[layout.kernel]]];
  kernel(...args.subarray(0, control[layout.argumentCount]));
  finished += 1;
  Atomics.store(control, layout.done, finished);
}
