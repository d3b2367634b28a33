// Measures ggml's matrix kernels, the ones that serving runs, in a process of its own: a native fault cannot take the
// caller down, and the memory is given back when it ends.
import koffi from 'koffi';
import { FtsError } from '../errors/fts-error.ts';
import { findNativeLibraries } from '../runtime/llama-cpp-package.ts';

type Pointer = unknown;

/** `enum ggml_type` in ggml.h. */
const ggmlTypes: Record<string, number> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  BF16: 30,
};

const width = 2048;
const rows = 4096;
/** Enough matrices that no cache holds them, so that one token's time is the time to read them from memory. */
const weightBytesWanted = 128e6;

const threads = Number(process.argv[2]);
const typeNames = process.argv.slice(3);

const found = findNativeLibraries();
koffi.config({ sync_stack_size: 8 << 20 });
const ggml = koffi.load(found.ggml, { global: true });
const base = koffi.load(found.ggmlBase);
const g = (definition: string) => ggml.func(definition);
const b = (definition: string) => base.func(definition);

koffi.struct('ggml_init_params', { mem_size: 'size_t', mem_buffer: 'void *', no_alloc: 'bool' });
koffi.struct('ggml_threadpool_params', {
  cpumask: koffi.array('bool', 512, 'Array'),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});
const api = {
  loadAll: g('void ggml_backend_load_all_from_path(const char *directory)'),
  deviceByType: g('void *ggml_backend_dev_by_type(int type)'),
  registryOf: b('void *ggml_backend_dev_backend_reg(void *device)'),
  procedure: b('void *ggml_backend_reg_get_proc_address(void *registry, const char *name)'),
  deviceInit: b('void *ggml_backend_dev_init(void *device, const char *parameters)'),
  bufferType: b('void *ggml_backend_dev_buffer_type(void *device)'),
  supports: b('bool ggml_backend_dev_supports_op(void *device, void *operation)'),
  allocate: b('void *ggml_backend_alloc_ctx_tensors_from_buft(void *context, void *type)'),
  freeBuffer: b('void ggml_backend_buffer_free(void *buffer)'),
  setTensor: b('void ggml_backend_tensor_set(void *tensor, const void *data, size_t offset, size_t size)'),
  compute: b('int ggml_backend_graph_compute(void *backend, void *graph)'),
  init: b('void *ggml_init(ggml_init_params parameters)'),
  free: b('void ggml_free(void *context)'),
  tensor2d: b('void *ggml_new_tensor_2d(void *context, int type, int64_t columns, int64_t rows)'),
  multiply: b('void *ggml_mul_mat(void *context, void *weights, void *activations)'),
  newGraph: b('void *ggml_new_graph(void *context)'),
  expand: b('void ggml_build_forward_expand(void *graph, void *tensor)'),
  rowSize: b('size_t ggml_row_size(int type, int64_t columns)'),
};

api.loadAll(found.directory);
const device: Pointer = api.deviceByType(0);
const registry: Pointer = api.registryOf(device);
const procedure = (name: string, prototype: string) =>
  koffi.decode(api.procedure(registry, name), koffi.proto(prototype)) as (...args: unknown[]) => Pointer;
const backend: Pointer = api.deviceInit(device, null);
const pool = procedure(
  'ggml_threadpool_new',
  'void *measure_pool_new(ggml_threadpool_params *params)',
)({
  cpumask: new Array(512).fill(false),
  n_threads: threads,
  prio: 0,
  poll: 50,
  strict_cpu: false,
  paused: false,
});
procedure('ggml_backend_set_n_threads', 'void measure_set_threads(void *backend, int threads)')(backend, threads);
procedure('ggml_backend_cpu_set_threadpool', 'void measure_set_pool(void *backend, void *pool)')(backend, pool);
const bufferTypes = [...extraBufferTypes(), api.bufferType(device) as Pointer];

/** Buffer types in which ggml repacks weights for this processor; llama.cpp tries them first, and so do we. */
function extraBufferTypes(): Pointer[] {
  const list = procedure('ggml_backend_dev_get_extra_bufts', 'void *measure_extra_types(void *device)')(device);
  const found: Pointer[] = [];
  if (list === null) return found;
  for (let index = 0; ; index++) {
    const type = koffi.decode(list, index * 8, 'void *') as Pointer;
    if (type === null) return found;
    found.push(type);
  }
}

const context = (): Pointer => api.init({ mem_size: 4 << 20, mem_buffer: null, no_alloc: true }) as Pointer;

/** Operations per second for each number of tokens, for one weight type. */
function measureType(name: string, tokenCounts: readonly number[]): number[] {
  const type = ggmlTypes[name];
  if (type === undefined)
    throw new FtsError('invalid-input', `ggml has no type ${name}.`, { field: 'type', value: name });
  const matrixBytes = Number(api.rowSize(type, width)) * rows;
  const count = Math.max(2, Math.ceil(weightBytesWanted / matrixBytes));
  for (const bufferType of bufferTypes) {
    const weightContext = context();
    const weights = Array.from({ length: count }, () => api.tensor2d(weightContext, type, width, rows) as Pointer);
    const buffer = api.allocate(weightContext, bufferType) as Pointer;
    try {
      const probe = context();
      const operation = api.multiply(probe, weights[0], api.tensor2d(probe, 0, width, 1)) as Pointer;
      const supported = api.supports(device, operation) as boolean;
      api.free(probe);
      if (!supported) continue;
      const data = randomBytes(matrixBytes);
      for (const tensor of weights) api.setTensor(tensor, data, 0, matrixBytes);
      return tokenCounts.map((tokens) => measure(weights, tokens));
    } finally {
      api.freeBuffer(buffer);
      api.free(weightContext);
    }
  }
  throw new FtsError('unavailable', `No kernel multiplies ${name} on this processor.`);
}

function measure(weights: Pointer[], tokens: number): number {
  const used = weights.slice(0, tokens >= 64 ? 2 : weights.length);
  const work = context();
  const input = api.tensor2d(work, 0, width, tokens) as Pointer;
  const graph = api.newGraph(work) as Pointer;
  for (const tensor of used) api.expand(graph, api.multiply(work, tensor, input));
  const buffer = api.allocate(work, api.bufferType(device)) as Pointer;
  api.setTensor(input, Buffer.from(new Float32Array(width * tokens).fill(0.01).buffer), 0, width * tokens * 4);
  let best = Number.POSITIVE_INFINITY;
  // The best of many: what the machine can do, not what a neighbour left of it.
  const until = performance.now() + 200;
  for (let run = 0; run < 5 || performance.now() < until; run++) {
    const start = performance.now();
    if (api.compute(backend, graph) !== 0) throw new FtsError('internal', 'ggml_backend_graph_compute failed.');
    best = Math.min(best, performance.now() - start);
  }
  api.freeBuffer(buffer);
  api.free(work);
  return (2 * width * rows * used.length * tokens) / (best / 1000);
}

/** Bytes whose 16-bit halves are small normal numbers in FP16 and BF16, so that no kernel meets an infinity. */
function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 1 < length; index += 2)
    bytes.writeUInt16LE(0x2000 + ((index * 2654435761) & 0x3ff), index);
  return bytes;
}

const tokenCounts = [1, 2, 4, 8, 16, 32, 128, 512];
for (const name of typeNames) {
  process.send?.({ type: name, tokens: tokenCounts, flopsPerSecond: measureType(name, tokenCounts) });
}
process.disconnect?.();
