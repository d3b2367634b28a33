import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import { findNativeLibraries } from '../../runtime/llama-cpp-package.ts';
import { configureNativeStacks } from '../../runtime/native-stacks.ts';
import {
  assertDefaults,
  assertStructSizes,
  type Batch,
  type ContextParams,
  type ModelParams,
  type Pointer,
} from './structs.ts';

/** `llama_version()` of the pinned release. */
const EXPECTED_VERSION = '0.4.0';

/** The functions of `llama.h` that the engine calls, one to one. */
export interface Llama {
  version: string;
  packageName: string;
  /** The CPU features that the loaded variant uses, such as `CPU : AVX512 = 1 | …`. */
  systemInfo(): string;
  modelDefaultParams(): ModelParams;
  contextDefaultParams(): ContextParams;
  modelLoad(path: string, params: ModelParams): Pointer;
  modelFree(model: Pointer): void;
  modelVocab(model: Pointer): Pointer;
  modelChatTemplate(model: Pointer, name: string | null): string | null;
  modelContextTrain(model: Pointer): number;
  modelEmbeddingWidth(model: Pointer): number;
  modelLayers(model: Pointer): number;
  modelHeads(model: Pointer): number;
  modelKvHeads(model: Pointer): number;
  modelSizeBytes(model: Pointer): bigint | number;
  modelParameters(model: Pointer): bigint | number;
  modelDescription(model: Pointer, buffer: Buffer, size: number): number;
  modelMetaCount(model: Pointer): number;
  modelMetaKey(model: Pointer, index: number, buffer: Buffer, size: number): number;
  modelMetaValue(model: Pointer, index: number, buffer: Buffer, size: number): number;
  modelHasEncoder(model: Pointer): boolean;
  vocabTokens(vocab: Pointer): number;
  vocabIsEndOfGeneration(vocab: Pointer, token: number): boolean;
  vocabIsControl(vocab: Pointer, token: number): boolean;
  vocabBos(vocab: Pointer): number;
  vocabEos(vocab: Pointer): number;
  vocabAddBos(vocab: Pointer): boolean;
  tokenize(
    vocab: Pointer,
    text: Buffer,
    length: number,
    tokens: Int32Array,
    capacity: number,
    addSpecial: boolean,
    parseSpecial: boolean,
  ): number;
  tokenToPiece(
    vocab: Pointer,
    token: number,
    buffer: Buffer,
    length: number,
    leftStrip: number,
    special: boolean,
  ): number;
  contextInit(model: Pointer, params: ContextParams): Pointer;
  contextFree(context: Pointer): void;
  contextMemory(context: Pointer): Pointer;
  attachThreadPool(context: Pointer, pool: Pointer, batchPool: Pointer): void;
  batchInit(tokens: number, embedding: number, sequences: number): Batch;
  decode(context: Pointer, batch: Batch): number;
  logitsAt(context: Pointer, row: number): Pointer;
  setEmbeddings(context: Pointer, on: boolean): void;
  embeddingsAt(context: Pointer, row: number): Pointer;
  sequenceRemove(memory: Pointer, sequence: number, from: number, to: number): boolean;
  sequenceCopy(memory: Pointer, source: number, target: number, from: number, to: number): void;
  memoryClear(memory: Pointer, data: boolean): void;
  adapterInit(model: Pointer, path: string): Pointer;
  adapterFree(adapter: Pointer): void;
  setAdapters(context: Pointer, adapters: BigUint64Array, count: number, scales: Float32Array): number;
  /** A persistent thread pool of ggml's CPU backend; without one every decode starts and joins new threads. */
  threadPool(threads: number): Pointer;
  /** Devices that ggml found, such as `CPU` or `Vulkan0`. */
  deviceCount: number;
  /** Kept for the life of the process, because koffi unmaps a library when its handle is garbage-collected. */
  handles: readonly Library[];
}

type Library = ReturnType<typeof koffi.load>;

let loaded: Llama | undefined;

/**
 * Loads libggml and libllama once per process, silences their logs, selects the CPU variant that scores best on this
 * processor (as ggml's own loader does) and checks version, struct sizes and defaults. `gpu` names a GPU package.
 */
export function loadLlama(gpu?: string): Llama {
  loaded ??= bind(gpu);
  return loaded;
}

function bind(gpu: string | undefined): Llama {
  configureNativeStacks();
  assertStructSizes();
  const found = findNativeLibraries(gpu);
  let ggml: Library;
  let library: Library;
  let base: Library;
  try {
    ggml = koffi.load(found.ggml, { global: true });
    base = koffi.load(found.ggmlBase);
    library = koffi.load(found.llama);
  } catch (cause) {
    throw new FtsError(
      'unavailable',
      `${found.packageName} does not load on this system: ${(cause as Error).message}`,
      {
        field: 'packageName',
        value: found.packageName,
        remedy: 'Check that the C library is glibc 2.31 or later (musl is not supported) and run `npm ci` again.',
        cause,
      },
    );
  }
  const f = <Signature>(definition: string) => library.func(definition) as unknown as Signature;
  const g = <Signature>(definition: string) => ggml.func(definition) as unknown as Signature;

  const version = f<() => string>('const char *llama_version()')();
  if (!version.startsWith(EXPECTED_VERSION)) {
    throw new FtsError('unavailable', `libllama reports version ${version}; the binding is for ${EXPECTED_VERSION}.`, {
      field: 'llama_version',
      value: version,
      remedy: 'Run `npm ci` to restore the pinned platform package.',
    });
  }
  // A native function that ignores its arguments serves as the log sink: no JavaScript callback on ggml's threads.
  f<(callback: unknown, data: null) => void>('void llama_log_set(void *callback, void *data)')(
    library.symbol('llama_max_devices'),
    null,
  );
  g<(directory: string) => void>('void ggml_backend_load_all_from_path(const char *directory)')(found.directory);
  const deviceCount = Number(g<() => number | bigint>('size_t ggml_backend_dev_count()')());
  if (deviceCount === 0) {
    throw new FtsError('unavailable', 'No variant of llama.cpp in the package supports this processor.', {
      field: 'packageName',
      value: found.packageName,
      remedy: 'Run on a processor with at least SSE4.2 or NEON.',
    });
  }
  f<() => void>('void llama_backend_init()')();

  const llama: Llama = {
    version,
    packageName: found.packageName,
    deviceCount,
    handles: [ggml, base, library],
    systemInfo: f('const char *llama_print_system_info()'),
    modelDefaultParams: f('llama_model_params llama_model_default_params()'),
    contextDefaultParams: f('llama_context_params llama_context_default_params()'),
    modelLoad: f('void *llama_model_load_from_file(const char *path, llama_model_params params)'),
    modelFree: f('void llama_model_free(void *model)'),
    modelVocab: f('void *llama_model_get_vocab(void *model)'),
    modelChatTemplate: f('const char *llama_model_chat_template(void *model, const char *name)'),
    modelContextTrain: f('int32_t llama_model_n_ctx_train(void *model)'),
    modelEmbeddingWidth: f('int32_t llama_model_n_embd(void *model)'),
    modelLayers: f('int32_t llama_model_n_layer(void *model)'),
    modelHeads: f('int32_t llama_model_n_head(void *model)'),
    modelKvHeads: f('int32_t llama_model_n_head_kv(void *model)'),
    modelSizeBytes: f('uint64_t llama_model_size(void *model)'),
    modelParameters: f('uint64_t llama_model_n_params(void *model)'),
    modelDescription: f('int32_t llama_model_desc(void *model, uint8_t *buffer, size_t size)'),
    modelMetaCount: f('int32_t llama_model_meta_count(void *model)'),
    modelMetaKey: f('int32_t llama_model_meta_key_by_index(void *model, int32_t index, uint8_t *buffer, size_t size)'),
    modelMetaValue: f(
      'int32_t llama_model_meta_val_str_by_index(void *model, int32_t index, uint8_t *buffer, size_t size)',
    ),
    modelHasEncoder: f('bool llama_model_has_encoder(void *model)'),
    vocabTokens: f('int32_t llama_vocab_n_tokens(void *vocab)'),
    vocabIsEndOfGeneration: f('bool llama_vocab_is_eog(void *vocab, int32_t token)'),
    vocabIsControl: f('bool llama_vocab_is_control(void *vocab, int32_t token)'),
    vocabBos: f('int32_t llama_vocab_bos(void *vocab)'),
    vocabEos: f('int32_t llama_vocab_eos(void *vocab)'),
    vocabAddBos: f('bool llama_vocab_get_add_bos(void *vocab)'),
    tokenize: f(
      'int32_t llama_tokenize(void *vocab, const uint8_t *text, int32_t length, _Out_ int32_t *tokens, int32_t capacity, bool add_special, bool parse_special)',
    ),
    tokenToPiece: f(
      'int32_t llama_token_to_piece(void *vocab, int32_t token, uint8_t *buffer, int32_t length, int32_t lstrip, bool special)',
    ),
    contextInit: f('void *llama_init_from_model(void *model, llama_context_params params)'),
    contextFree: f('void llama_free(void *context)'),
    contextMemory: f('void *llama_get_memory(void *context)'),
    attachThreadPool: f('void llama_attach_threadpool(void *context, void *pool, void *batch_pool)'),
    batchInit: f('llama_batch llama_batch_init(int32_t tokens, int32_t embedding, int32_t sequences)'),
    decode: f('int32_t llama_decode(void *context, llama_batch batch)'),
    logitsAt: f('void *llama_get_logits_ith(void *context, int32_t row)'),
    setEmbeddings: f('void llama_set_embeddings(void *context, bool on)'),
    embeddingsAt: f('void *llama_get_embeddings_ith(void *context, int32_t row)'),
    sequenceRemove: f('bool llama_memory_seq_rm(void *memory, int32_t sequence, int32_t from, int32_t to)'),
    sequenceCopy: f('void llama_memory_seq_cp(void *memory, int32_t source, int32_t target, int32_t from, int32_t to)'),
    memoryClear: f('void llama_memory_clear(void *memory, bool data)'),
    adapterInit: f('void *llama_adapter_lora_init(void *model, const char *path)'),
    adapterFree: f('void llama_adapter_lora_free(void *adapter)'),
    setAdapters: f('int32_t llama_set_adapters_lora(void *context, void **adapters, size_t count, float *scales)'),
    threadPool: threadPoolFactory(ggml, base),
  };
  assertDefaults(llama.modelDefaultParams(), llama.contextDefaultParams());
  return llama;
}

/** `ggml_threadpool_new` is a symbol of the CPU variant that ggml chose, so it is looked up in ggml's registry. */
function threadPoolFactory(ggml: Library, base: Library): (threads: number) => Pointer {
  const registryByName = ggml.func('void *ggml_backend_reg_by_name(const char *name)');
  const procedureAddress = base.func('void *ggml_backend_reg_get_proc_address(void *registry, const char *name)');
  const newPool = koffi.decode(
    procedureAddress(registryByName('CPU'), 'ggml_threadpool_new'),
    koffi.proto('void *ggml_threadpool_new(ggml_threadpool_params *params)'),
  ) as (params: object) => Pointer;
  return (threads) =>
    newPool({
      cpumask: new Array(512).fill(false),
      n_threads: threads,
      prio: 0,
      // Spin for about two milliseconds before sleeping: long enough to bridge the sampling between two steps, short
      // enough that an idle engine leaves the core to the HTTP server.
      poll: 1,
      strict_cpu: false,
      paused: false,
    });
}
