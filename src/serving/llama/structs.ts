import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';

const POINTER = 'void *';

/** The structs of `llama.h` v0.4.0 that are passed by value, with the header's field names and order. */
const modelParamsType = koffi.struct('llama_model_params', {
  devices: POINTER,
  tensor_buft_overrides: POINTER,
  n_gpu_layers: 'int32_t',
  split_mode: 'int',
  load_mode: 'int',
  lazy_mode: 'int',
  main_gpu: 'int32_t',
  tensor_split: POINTER,
  progress_callback: POINTER,
  progress_callback_user_data: POINTER,
  kv_overrides: POINTER,
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

const contextParamsType = koffi.struct('llama_context_params', {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int',
  rope_scaling_type: 'int',
  pooling_type: 'int',
  attention_type: 'int',
  flash_attn_type: 'int',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: POINTER,
  cb_eval_user_data: POINTER,
  type_k: 'int',
  type_v: 'int',
  abort_callback: POINTER,
  abort_callback_data: POINTER,
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: POINTER,
  n_samplers: 'size_t',
  ctx_other: POINTER,
});

const batchType = koffi.struct('llama_batch', {
  n_tokens: 'int32_t',
  token: POINTER,
  embd: POINTER,
  pos: POINTER,
  n_seq_id: POINTER,
  seq_id: POINTER,
  logits: POINTER,
});

const threadPoolParamsType = koffi.struct('ggml_threadpool_params', {
  cpumask: koffi.array('bool', 512, 'Array'),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});

/** A native address; null is C's NULL. */
export type Pointer = bigint | null;

export interface ModelParams {
  n_gpu_layers: number;
  split_mode: number;
  load_mode: number;
  main_gpu: number;
  vocab_only: boolean;
  check_tensors: boolean;
  use_extra_bufts: boolean;
}

export interface ContextParams {
  n_ctx: number;
  n_batch: number;
  n_ubatch: number;
  n_seq_max: number;
  n_outputs_max: number;
  n_outputs_max_per_seq: number;
  n_threads: number;
  n_threads_batch: number;
  pooling_type: number;
  flash_attn_type: number;
  rope_freq_base: number;
  rope_freq_scale: number;
  yarn_ext_factor: number;
  defrag_thold: number;
  type_k: number;
  type_v: number;
  embeddings: boolean;
  offload_kqv: boolean;
  no_perf: boolean;
  swa_full: boolean;
  kv_unified: boolean;
}

/** `llama_batch`: `n_tokens` rows of (token, position, sequence, wants logits). */
export interface Batch {
  n_tokens: number;
  token: bigint;
  embd: Pointer;
  pos: bigint;
  n_seq_id: bigint;
  seq_id: bigint;
  logits: bigint;
}

/** Struct sizes on all supported platforms (all are 64-bit), from the header compiled as C. */
const EXPECTED_SIZES_BYTES: [string, ReturnType<typeof koffi.struct>, number][] = [
  ['llama_model_params', modelParamsType, 80],
  ['llama_context_params', contextParamsType, 160],
  ['llama_batch', batchType, 56],
  ['ggml_threadpool_params', threadPoolParamsType, 528],
];

/** Throws if koffi lays out a struct differently from the C compiler. */
export function assertStructSizes(): void {
  for (const [name, type, expected] of EXPECTED_SIZES_BYTES) {
    const actual = koffi.sizeof(type);
    if (actual !== expected) throw mismatch(`sizeof(${name})`, actual, expected);
  }
}

/**
 * Throws if the library's default values do not read back as written in `llama.h` v0.4.0, so that a moved or added
 * field is found before it can corrupt memory.
 */
export function assertDefaults(model: ModelParams, context: ContextParams): void {
  const expected: [string, unknown, unknown][] = [
    ['n_gpu_layers', model.n_gpu_layers, -1],
    ['split_mode', model.split_mode, 1],
    ['load_mode', model.load_mode, -1],
    ['main_gpu', model.main_gpu, 0],
    ['vocab_only', model.vocab_only, false],
    ['use_extra_bufts', model.use_extra_bufts, true],
    ['n_ctx', context.n_ctx, 512],
    ['n_batch', context.n_batch, 2048],
    ['n_ubatch', context.n_ubatch, 512],
    ['n_seq_max', context.n_seq_max, 1],
    ['n_outputs_max_per_seq', context.n_outputs_max_per_seq, 1],
    ['pooling_type', context.pooling_type, -1],
    ['flash_attn_type', context.flash_attn_type, -1],
    ['yarn_ext_factor', context.yarn_ext_factor, -1],
    ['defrag_thold', context.defrag_thold, -1],
    ['type_k', context.type_k, 1],
    ['type_v', context.type_v, 1],
    ['embeddings', context.embeddings, false],
    ['offload_kqv', context.offload_kqv, true],
    ['no_perf', context.no_perf, true],
    ['swa_full', context.swa_full, true],
    ['kv_unified', context.kv_unified, false],
  ];
  for (const [field, actual, value] of expected) {
    if (actual !== value) throw mismatch(`the default of ${field}`, actual, value);
  }
}

function mismatch(what: string, actual: unknown, expected: unknown): FtsError {
  return new FtsError('unavailable', `libllama is not the release that the binding was written for: ${what}.`, {
    field: what,
    value: actual,
    remedy: `It should be ${String(expected)}. Run \`npm ci\` to restore the pinned platform package.`,
  });
}
