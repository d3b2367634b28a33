import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import { loadOnnxRuntime } from './library.ts';

/** An opaque native object: `OrtEnv*`, `OrtSession*`, `OrtValue*` and so on. */
export type Pointer = bigint;
type Status = Pointer | null;
type Out = [Pointer | null];

/**
 * The functions that we call: their place in `OrtApi` (onnxruntime_c_api.h, an append-only table) and their signature
 * after the name. Every one of them but the releases returns a status.
 */
const SIGNATURES = {
  GetErrorMessage: [2, 'const char* F(void* status)'],
  CreateSessionFromArray: [8, 'void* F(void* env, const void* model, size_t length, void* options, _Out_ void** out)'],
  CreateSessionOptions: [10, 'void* F(_Out_ void** out)'],
  SetSessionExecutionMode: [13, 'void* F(void* options, int mode)'],
  EnableProfiling: [14, 'void* F(void* options, const char* prefix)'],
  DisableMemPattern: [17, 'void* F(void* options)'],
  SetSessionGraphOptimizationLevel: [23, 'void* F(void* options, int level)'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void* F(void* info, void* data, size_t bytes, int64_t* shape, size_t rank, int type, _Out_ void** out)',
  ],
  CreateCpuMemoryInfo: [69, 'void* F(int allocatorType, int memoryType, _Out_ void** out)'],
  ReleaseStatus: [93, 'void F(void* status)'],
  ReleaseSession: [95, 'void F(void* session)'],
  ReleaseValue: [96, 'void F(void* value)'],
  ReleaseSessionOptions: [100, 'void F(void* options)'],
  CreateEnvWithGlobalThreadPools: [119, 'void* F(int level, const char* id, void* options, _Out_ void** out)'],
  DisablePerSessionThreads: [120, 'void* F(void* options)'],
  CreateThreadingOptions: [121, 'void* F(_Out_ void** out)'],
  ReleaseThreadingOptions: [122, 'void F(void* options)'],
  AddSessionConfigEntry: [130, 'void* F(void* options, const char* key, const char* value)'],
  RunWithBinding: [133, 'void* F(void* session, void* runOptions, void* binding)'],
  CreateIoBinding: [134, 'void* F(void* session, _Out_ void** out)'],
  ReleaseIoBinding: [135, 'void F(void* binding)'],
  BindInput: [136, 'void* F(void* binding, const char* name, void* value)'],
  BindOutput: [137, 'void* F(void* binding, const char* name, void* value)'],
  SetGlobalIntraOpNumThreads: [147, 'void* F(void* options, int threads)'],
  SetGlobalInterOpNumThreads: [148, 'void* F(void* options, int threads)'],
  SetGlobalSpinControl: [149, 'void* F(void* options, int allow)'],
} as const;

type FunctionName = keyof typeof SIGNATURES;
type Native = ((...args: unknown[]) => unknown) & {
  async(...args: [...unknown[], (error: Error | null, result: unknown) => void]): void;
};

const resolved = new Map<FunctionName, Native>();

function native(name: FunctionName): Native {
  let found = resolved.get(name);
  if (found === undefined) {
    const [index, signature] = SIGNATURES[name];
    const prototype = koffi.proto(signature.replace('F(', `Ort_${name}(`));
    found = koffi.decode(loadOnnxRuntime().functions[index], prototype) as Native;
    resolved.set(name, found);
  }
  return found;
}

/** Calls a function that returns a status; a failure becomes an FtsError with the runtime's own message. */
export function call(name: FunctionName, ...args: unknown[]): void {
  check(name, native(name)(...args) as Status);
}

/** Calls a function whose last argument receives a new native object, and returns that object. */
export function create(name: FunctionName, ...args: unknown[]): Pointer {
  const out: Out = [null];
  call(name, ...args, out);
  return out[0]!;
}

/** The same as `call` on a native worker thread, so that the event loop goes on. */
export function callAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    native(name).async(...args, (error, status) => {
      try {
        if (error !== null) throw error;
        check(name, status as Status);
        resolve();
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

export function release(name: Extract<FunctionName, `Release${string}`>, pointer: Pointer): void {
  native(name)(pointer);
}

function check(name: FunctionName, status: Status): void {
  if (status === null) return;
  const message = native('GetErrorMessage')(status) as string;
  native('ReleaseStatus')(status);
  throw new FtsError('internal', `ONNX Runtime, ${name}: ${message}`);
}
