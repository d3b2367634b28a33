// Measures the ggml kernels that serving uses, in a separate process, so that a native fault does not crash the caller
// and all memory is freed at the end.
import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import { findNativeLibraries } from '../../runtime/llama-cpp-package.ts';
import { median } from '../../statistics/distribution.ts';

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

/** Rows and columns of the measured matrices, between those of small and large models. */
const side = 1024;
/** Bytes of weights in a measurement, from a size that fits a core's cache to one that no cache holds. */
const workingSets = [2e6, 8e6, 32e6, 128e6];
/**
 * With few tokens the speed depends on the working set; with many it is limited by arithmetic, so one working set is
 * enough.
 */
const fewTokens = [1, 2, 4, 8];
const manyTokens = [16, 32, 64, 128, 256, 512];
const manyTokensWeightBytes = 8e6;
/** A narrow matrix, to separate the time for preparing the input from the time for multiplying. */
const narrowMatrix = { rows: 64, tokens: 128 };
const attention = { headDim: 64, heads: 8, kvHeads: 4, positions: 512, tokens: [1, 8, 32, 256] };
/** More bytes of KV cache than any processor's caches hold, and the KV heads of small to large models. */
const coldCache = { kvHeads: [2, 4, 8, 16], bytes: 32e6 };
const elementWise = { width: 1024, tokens: 256 };
const measureMilliseconds = 80;
const leastRuns = 12;
/** In FP16. */
const minusInfinity = 0xfc00;

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
  clearBuffer: b('void ggml_backend_buffer_clear(void *buffer, uint8_t value)'),
  setTensor: b('void ggml_backend_tensor_set(void *tensor, const void *data, size_t offset, size_t size)'),
  compute: b('int ggml_backend_graph_compute(void *backend, void *graph)'),
  init: b('void *ggml_init(ggml_init_params parameters)'),
  free: b('void ggml_free(void *context)'),
  tensor: b('void *ggml_new_tensor_4d(void *context, int type, int64_t n0, int64_t n1, int64_t n2, int64_t n3)'),
  permute: b('void *ggml_permute(void *context, void *tensor, int axis0, int axis1, int axis2, int axis3)'),
  multiply: b('void *ggml_mul_mat(void *context, void *weights, void *activations)'),
  attend: b(
    'void *ggml_flash_attn_ext(void *context, void *q, void *k, void *v, void *mask, float scale, float bias, float cap)',
  ),
  add: b('void *ggml_add(void *context, void *a, void *b)'),
  silu: b('void *ggml_silu(void *context, void *a)'),
  norm: b('void *ggml_rms_norm(void *context, void *a, float epsilon)'),
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
const plainBuffers = api.bufferType(device) as Pointer;
const bufferTypes = [...extraBufferTypes(), plainBuffers];

/** Buffer types in which ggml repacks weights for this processor; tried first, as in llama.cpp. */
function extraBufferTypes(): Pointer[] {
  const list = procedure('ggml_backend_dev_get_extra_bufts', 'void *measure_extra_types(void *device)')(device);
  const types: Pointer[] = [];
  if (list === null) return types;
  for (let index = 0; ; index++) {
    const type = koffi.decode(list, index * 8, 'void *') as Pointer;
    if (type === null) return types;
    types.push(type);
  }
}

const context = (): Pointer => api.init({ mem_size: 8 << 20, mem_buffer: null, no_alloc: true }) as Pointer;
const matrix = (owner: Pointer, type: number, columns: number, rows: number): Pointer =>
  api.tensor(owner, type, columns, rows, 1, 1) as Pointer;

/** Median seconds of one run of the graph that `build` makes. Its tensors hold zeros unless `fill` sets them. */
function secondsOf(build: (work: Pointer) => Pointer[], fill: () => void = () => {}): number {
  const work = context();
  const graph = api.newGraph(work) as Pointer;
  for (const result of build(work)) api.expand(graph, result);
  const buffer = api.allocate(work, plainBuffers) as Pointer;
  api.clearBuffer(buffer, 0);
  fill();
  const runs: number[] = [];
  const until = performance.now() + measureMilliseconds;
  while (runs.length < leastRuns || performance.now() < until) {
    const start = performance.now();
    if (api.compute(backend, graph) !== 0) throw new FtsError('internal', 'ggml_backend_graph_compute failed.');
    runs.push(performance.now() - start);
  }
  api.freeBuffer(buffer);
  api.free(work);
  return median(runs) / 1000;
}

/** Fixed seconds per operation, whatever its size: dispatch and thread synchronization. */
function measureOperation(): number {
  const count = 256;
  return (
    secondsOf((work) => {
      let value = matrix(work, ggmlTypes.F32!, 64, 1);
      for (let index = 0; index < count; index++) value = api.silu(work, value) as Pointer;
      return [value];
    }) / count
  );
}

/** Seconds per FP32 value of an element-wise operation. */
function measureElementWise(): number {
  const { width, tokens } = elementWise;
  const repeats = 4;
  const seconds = secondsOf((work) => {
    const input = matrix(work, ggmlTypes.F32!, width, tokens);
    let value = input;
    for (let index = 0; index < repeats; index++) {
      value = api.norm(work, api.silu(work, api.add(work, value, input)), 1e-5) as Pointer;
    }
    return [value];
  });
  return seconds / (3 * repeats * width * tokens);
}

/**
 * Seconds of one layer's causal attention over an FP16 KV cache of `attention.positions` in llama.cpp's layout,
 * averaged over `layers` layers with separate caches, and the number of attended pairs of positions.
 */
function measureLayer(tokens: number, heads: number, kvHeads: number, layers: number) {
  const { headDim, positions } = attention;
  let mask: Pointer;
  const build = (work: Pointer): Pointer[] => {
    const cached = () =>
      api.permute(work, api.tensor(work, ggmlTypes.F16, headDim, kvHeads, positions, 1), 0, 2, 1, 3) as Pointer;
    const query = api.permute(work, api.tensor(work, ggmlTypes.F32, headDim, heads, tokens, 1), 0, 2, 1, 3);
    mask = matrix(work, ggmlTypes.F16!, positions, tokens);
    const attend = () => api.attend(work, query, cached(), cached(), mask, headDim ** -0.5, 0, 0) as Pointer;
    return Array.from({ length: layers }, attend);
  };
  const attended = (token: number) => positions - tokens + token + 1;
  const seconds = secondsOf(build, () => {
    const values = new Uint16Array(positions * tokens);
    for (let token = 0; token < tokens; token++) {
      values.fill(minusInfinity, token * positions + attended(token), (token + 1) * positions);
    }
    api.setTensor(mask, Buffer.from(values.buffer), 0, values.byteLength);
  });
  const pairs = Array.from({ length: tokens }, (_, token) => attended(token)).reduce((sum, count) => sum + count, 0);
  return { seconds: Math.max(seconds / layers - operationSeconds, seconds / layers / 10), pairs };
}

/** Operations per second of attention over a KV cache held in the processor's caches, for each number of new tokens. */
function measureAttention(): number[] {
  const { headDim, heads, kvHeads } = attention;
  return attention.tokens.map((tokens) => {
    const { seconds, pairs } = measureLayer(tokens, heads, kvHeads, 1);
    return (4 * heads * headDim * pairs) / seconds;
  });
}

/**
 * Extra seconds per byte of KV cache that comes from main memory, for several row widths. The width matters because all
 * keys of a token lie in one row and each head reads only its part, so wide rows are read in long strides.
 */
function measureColdCache(): { rowBytes: number[]; secondsPerByte: number[] } {
  const rowBytes = coldCache.kvHeads.map((kvHeads) => 2 * attention.headDim * kvHeads);
  // The cache of one head fits the processor's caches; more heads take proportionally longer.
  const warmHead = measureLayer(1, 1, 1, 1).seconds;
  const secondsPerByte = coldCache.kvHeads.map((kvHeads, index) => {
    const layerBytes = 2 * rowBytes[index]! * attention.positions;
    const cold = measureLayer(1, kvHeads, kvHeads, Math.ceil(coldCache.bytes / layerBytes)).seconds;
    return Math.max(0, cold - kvHeads * warmHead) / layerBytes;
  });
  return { rowBytes, secondsPerByte };
}

/**
 * Measures one weight type: seconds to prepare one input value (for example to quantize it), and operations per second
 * with a row per working set and a column per number of tokens.
 */
function measureType(name: string): { inputSeconds: number; flopsPerSecond: number[][] } {
  const type = ggmlTypes[name];
  if (type === undefined)
    throw new FtsError('invalid-input', `ggml has no type ${name}.`, { field: 'type', value: name });
  const matrixBytes = Number(api.rowSize(type, side)) * side;
  const count = Math.ceil(workingSets.at(-1)! / matrixBytes);
  for (const bufferType of bufferTypes) {
    const owner = context();
    const weights = Array.from({ length: count }, () => matrix(owner, type, side, side));
    weights.push(matrix(owner, type, side, narrowMatrix.rows));
    const buffer = api.allocate(owner, bufferType) as Pointer;
    try {
      const probe = context();
      const operation = api.multiply(probe, weights[0], matrix(probe, ggmlTypes.F32!, side, 1)) as Pointer;
      const supported = api.supports(device, operation) as boolean;
      api.free(probe);
      if (!supported) continue;
      const data = smallNumbers(matrixBytes);
      for (const tensor of weights.slice(0, count)) api.setTensor(tensor, data, 0, matrixBytes);
      const narrowBytes = (matrixBytes * narrowMatrix.rows) / side;
      api.setTensor(weights[count], data.subarray(0, narrowBytes), 0, narrowBytes);
      const seconds = (tokens: number, used: Pointer[]) => {
        const run = secondsOf((work) => {
          const input = matrix(work, ggmlTypes.F32!, side, tokens);
          return used.map((tensor) => api.multiply(work, tensor, input) as Pointer);
        });
        return Math.max(run - used.length * operationSeconds, run / 10);
      };
      // Preparing the input takes the same time for a narrow and a wide matrix, so it follows from their two times.
      const { rows, tokens: columns } = narrowMatrix;
      const [wide, narrow] = [seconds(columns, [weights[0]]), seconds(columns, [weights.at(-1)])];
      const preparation = Math.max(0, (narrow - (wide * rows) / side) / (1 - rows / side));
      const inputSeconds = preparation / (side * columns);
      const rate = (tokens: number, bytes: number): number => {
        const used = weights.slice(0, Math.max(1, Math.min(count, Math.round(bytes / matrixBytes))));
        const whole = seconds(tokens, used);
        const multiplying = Math.max(whole - used.length * side * tokens * inputSeconds, whole / 2);
        return (2 * side * side * used.length * tokens) / multiplying;
      };
      const many = manyTokens.map((tokens) => rate(tokens, manyTokensWeightBytes));
      const flopsPerSecond = workingSets.map((bytes) => [...fewTokens.map((tokens) => rate(tokens, bytes)), ...many]);
      return { inputSeconds, flopsPerSecond };
    } finally {
      api.freeBuffer(buffer);
      api.free(owner);
    }
  }
  throw new FtsError('unavailable', `No kernel multiplies ${name} on this processor.`);
}

/** Bytes whose 16-bit words are small normal numbers in FP16 and BF16, so that no kernel encounters an infinity. */
function smallNumbers(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 1 < length; index += 2)
    bytes.writeUInt16LE(0x2000 + ((index * 2654435761) & 0x3ff), index);
  return bytes;
}

const operationSeconds = measureOperation();
process.send?.({
  kind: 'between',
  operationSeconds,
  valueSeconds: measureElementWise(),
  attention: { tokens: attention.tokens, flopsPerSecond: measureAttention() },
  coldCache: measureColdCache(),
});
for (const name of typeNames) {
  const tokens = [...fewTokens, ...manyTokens];
  process.send?.({ kind: 'matrix', type: name, tokens, workingSets, ...measureType(name) });
}
process.disconnect?.();
