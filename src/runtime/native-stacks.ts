import koffi from 'koffi';

/** Native kernels keep packed tiles of matrices on the stack: koffi's default of 128 KB for asynchronous calls is overrun. */
const STACK_BYTES = 8 << 20;

let configured = false;

/** Gives native calls stacks of a native thread's size. To be called before any library is loaded; once is enough. */
export function configureNativeStacks(): void {
  if (configured) return;
  koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  configured = true;
}
