import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import type { Llama } from './library.ts';
import type { LlamaModel } from './model.ts';
import type { Batch, Pointer } from './structs.ts';

export interface ContextOptions {
  /** Cells of the KV cache, one per token, shared by all sequences. */
  cells: number;
  /** Most tokens in one decode call. */
  batchTokens: number;
  /** Most tokens in one forward pass of llama.cpp; default: the whole batch. */
  passRows?: number;
  /** Sequence ids, running and cached together; llama.cpp allows 256. */
  sequences: number;
  threads: number;
  kvCacheType: 'f32' | 'f16' | 'q8_0';
  /**
   * `unified`: all sequences share one pool of cells and share prefixes without a copy. `streams`: each sequence has a
   * fixed part of the cells, so that attention never scans the cells of other sequences.
   */
  kvLayout?: 'unified' | 'streams';
  /** Default true. It accumulates in binary16, so tests that compare logits may switch it off. */
  flashAttention?: boolean;
  /** Compute embeddings instead of logits. */
  embeddings?: boolean;
}

/** The result of one decode call. `full`: the cache has no free cells, and nothing was changed. */
export type DecodeOutcome = 'done' | 'full' | 'failed';

const GGML_TYPE = { f32: 0, f16: 1, q8_0: 8 } as const;
const FLASH_ATTENTION_ENABLED = 1;

/**
 * One llama.cpp context: a batch, a KV cache and a persistent thread pool. Batch rows are written straight into
 * llama.cpp's own arrays, and logits are read as views of its output buffer, without a copy.
 */
export class LlamaContext {
  readonly options: ContextOptions;
  private readonly llama: Llama;
  private readonly pointer: Pointer;
  private readonly memory: Pointer;
  private readonly vocabSize: number;
  private readonly width: number;
  private readonly batch: Batch;
  private readonly tokens: Int32Array;
  private readonly positions: Int32Array;
  private readonly wantsLogits: Int8Array;
  private readonly sequences: Int32Array[];
  private readonly views = new Map<bigint, Float32Array>();

  constructor(llama: Llama, model: LlamaModel, options: ContextOptions) {
    this.llama = llama;
    this.options = options;
    this.vocabSize = model.vocabSize;
    this.width = model.embeddingWidth;
    const params = llama.contextDefaultParams();
    params.n_ctx = options.cells;
    params.n_batch = options.batchTokens;
    params.n_ubatch = options.passRows ?? options.batchTokens;
    params.n_seq_max = options.sequences;
    params.n_threads = options.threads;
    params.n_threads_batch = options.threads;
    params.kv_unified = options.kvLayout !== 'streams';
    params.flash_attn_type = options.flashAttention === false ? 0 : FLASH_ATTENTION_ENABLED;
    params.type_k = GGML_TYPE[options.kvCacheType];
    params.type_v = GGML_TYPE[options.kvCacheType];
    params.embeddings = options.embeddings ?? false;
    this.pointer = llama.contextInit(model.pointer, params);
    if (this.pointer === null) {
      throw new FtsError('exhausted', `llama.cpp could not allocate a context of ${options.cells} tokens.`, {
        field: 'contextTokens',
        value: options.cells,
        remedy: 'Choose a smaller context or the q8_0 KV cache, or free memory.',
      });
    }
    this.memory = llama.contextMemory(this.pointer);
    const pool = llama.threadPool(options.threads);
    llama.attachThreadPool(this.pointer, pool, null);

    const rows = options.batchTokens;
    this.batch = llama.batchInit(rows, 0, 1);
    const int32 = (address: bigint, length: number) => new Int32Array(koffi.view(address, length * 4));
    this.tokens = int32(this.batch.token, rows);
    this.positions = int32(this.batch.pos, rows);
    this.wantsLogits = new Int8Array(koffi.view(this.batch.logits, rows));
    int32(this.batch.n_seq_id, rows).fill(1);
    const sequencePointers = new BigUint64Array(koffi.view(this.batch.seq_id, rows * 8));
    this.sequences = Array.from(sequencePointers, (address) => int32(address, 1));
  }

  get batchLength(): number {
    return this.batch.n_tokens;
  }

  clearBatch(): void {
    this.batch.n_tokens = 0;
  }

  /** Appends one token to the batch and returns its row. */
  add(token: number, position: number, sequence: number, wantsLogits: boolean): number {
    const row = this.batch.n_tokens++;
    this.tokens[row] = token;
    this.positions[row] = position;
    this.sequences[row]![0] = sequence;
    this.wantsLogits[row] = wantsLogits ? 1 : 0;
    return row;
  }

  /** Runs the batch through the model: one synchronous forward pass on the context's thread pool. */
  decode(): DecodeOutcome {
    const code = this.llama.decode(this.pointer, this.batch);
    if (code === 0) return 'done';
    return code === 1 ? 'full' : 'failed';
  }

  /** The logits of a row added with `wantsLogits`: `[vocabSize]`, valid and writable until the next decode. */
  logits(row: number): Float32Array {
    return this.view(this.llama.logitsAt(this.pointer, row), this.vocabSize, 'logits');
  }

  /** The embedding of a row: `[embeddingWidth]`, valid until the next decode. */
  embedding(row: number): Float32Array {
    return this.view(this.llama.embeddingsAt(this.pointer, row), this.width, 'embedding');
  }

  /** Removes positions `from` (inclusive) to the end of a sequence; cells that no sequence holds become free. */
  truncate(sequence: number, from = 0): void {
    this.llama.sequenceRemove(this.memory, sequence, from, -1);
  }

  /** Gives `target` the first `length` positions of `source`: as shared cells if unified, as copies between streams. */
  share(source: number, target: number, length: number): void {
    if (this.options.kvLayout !== 'streams') {
      this.llama.sequenceCopy(this.memory, source, target, 0, length);
      return;
    }
    // Between streams llama.cpp can copy only whole sequences and aborts on a partial copy.
    this.llama.sequenceCopy(this.memory, source, target, -1, -1);
    this.truncate(target, length);
  }

  clear(): void {
    this.llama.memoryClear(this.memory, false);
  }

  /** Sets the LoRA adapters for the following decodes. */
  setAdapters(adapters: { pointer: bigint; scale: number }[]): void {
    const pointers = BigUint64Array.from(adapters, (adapter) => adapter.pointer);
    const scales = Float32Array.from(adapters, (adapter) => adapter.scale);
    const code = this.llama.setAdapters(this.pointer, pointers, adapters.length, scales);
    if (code !== 0) throw new FtsError('internal', `llama_set_adapters_lora returned ${code}.`);
  }

  free(): void {
    this.llama.contextFree(this.pointer);
  }

  private view(address: Pointer, length: number, what: string): Float32Array {
    if (address === null) throw new FtsError('internal', `The row has no ${what}.`);
    let view = this.views.get(address);
    if (view === undefined) {
      // The output buffer may move when it grows, so views of old addresses would pile up.
      if (this.views.size > 4096) this.views.clear();
      view = new Float32Array(koffi.view(address, length * 4));
      this.views.set(address, view);
    }
    return view;
  }
}
