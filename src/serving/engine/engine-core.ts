import { availableParallelism, freemem } from 'node:os';
import { FtsError } from '../../errors/fts-error.ts';
import { rowsPerPass } from '../../scheduling/prompt-passes.ts';
import { LlamaContext } from '../llama/context.ts';
import { DraftModel } from '../llama/draft-model.ts';
import { Embedder } from '../llama/embedder.ts';
import { type Llama, loadLlama } from '../llama/library.ts';
import { LlamaModel } from '../llama/model.ts';
import { Sampler } from '../sampling/sampler.ts';
import { Constraints } from './constraints.ts';
import { ContinuousBatching } from './continuous-batching.ts';
import { Generation } from './generation.ts';
import { PromptLookup } from './prompt-lookup.ts';
import type {
  CallName,
  EngineCalls,
  EngineEvent,
  EngineInfo,
  EngineLoad,
  EngineSettings,
  GenerateRequest,
} from './protocol.ts';
import { MOST_STREAMS, Speculation } from './speculation.ts';

/** Extra sequence ids for finished requests whose prefix may be shared; llama.cpp allows 256 ids in all. */
const KEPT_SEQUENCES = 48;
const DEFAULT_MAX_RUNNING = 16;
const DEFAULT_CHUNK_TOKENS = 256;
const DEFAULT_STREAM_INTERVAL_MS = 50;
/** Share of the free memory that the KV cache may take by default. */
const KV_MEMORY_SHARE = 0.25;
const MOST_DEFAULT_CELLS = 16_384;

type ResolvedSettings = EngineInfo['settings'];

interface Adapter {
  pointer: bigint;
  scale: number;
}

/** The engine inside its process: one model, its context, its adapters and the batching loop. */
export class EngineCore {
  readonly info: EngineInfo;
  private readonly llama: Llama;
  private readonly model: LlamaModel;
  private readonly context: LlamaContext;
  private readonly batching: ContinuousBatching;
  private readonly constraints: Constraints;
  private readonly adapters = new Map<string, Adapter>();
  private readonly refused: EngineEvent[] = [];
  private readonly endTokens: number[];
  private embedder: Embedder | undefined;

  private constructor(llama: Llama, model: LlamaModel, settings: ResolvedSettings, draftGgufPath: string | undefined) {
    this.llama = llama;
    this.model = model;
    this.endTokens = model.endOfGenerationTokens();
    this.constraints = new Constraints(model, this.endTokens);
    const sequences = settings.maxRunning + (settings.kvLayout === 'unified' ? KEPT_SEQUENCES : 0);
    this.context = new LlamaContext(llama, model, {
      cells: settings.contextTokens,
      // llama.cpp aborts if a batch is smaller than the number of sequences.
      batchTokens: Math.max(settings.prefillChunkTokens, sequences) + 32,
      ...(settings.gpuLayers > 0 ? {} : { passRows: rowsPerPass(model.embeddingWidth, sequences) }),
      sequences,
      threads: settings.threads,
      kvCacheType: settings.kvCacheType,
      kvLayout: settings.kvLayout,
    });
    this.batching = new ContinuousBatching(
      this.context,
      settings,
      (name) => this.useAdapter(name),
      speculationOf(llama, model, settings, draftGgufPath),
    );
    const trained = model.trainedContextTokens > 0 ? model.trainedContextTokens : Infinity;
    this.info = {
      pid: process.pid,
      llamaVersion: llama.version,
      model: model.shape,
      metadata: model.metadata(),
      chatTemplate: model.chatTemplate,
      bosText: model.bosToken < 0 ? '' : model.piece(model.bosToken, true).toString('utf8'),
      eosText: model.eosToken < 0 ? '' : model.piece(model.eosToken, true).toString('utf8'),
      settings,
      maxRequestTokens: Math.min(
        settings.kvLayout === 'unified' ? settings.contextTokens : Math.floor(settings.contextTokens / sequences),
        trained,
      ),
      kvBytesPerToken: kvBytesPerToken(model, settings.kvCacheType),
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** Loads the library and the model and allocates the cache. Errors: `unavailable`, `corrupt`, `exhausted`. */
  static load(settings: EngineSettings): EngineCore {
    const llama = loadLlama(settings.gpu);
    const model = LlamaModel.load(llama, settings.ggufPath, { gpuLayers: settings.gpuLayers ?? 0 });
    return new EngineCore(llama, model, resolveSettings(settings, model), settings.draftGgufPath);
  }

  get busy(): boolean {
    return this.refused.length > 0 || this.batching.busy;
  }

  get load(): EngineLoad {
    return this.batching.load;
  }

  step(): EngineEvent[] {
    return [...this.refused.splice(0), ...this.batching.step()];
  }

  /** Checks and queues a generation; a refused request gets an error event at the next step. */
  generate(id: number, request: GenerateRequest): void {
    try {
      this.batching.submit(this.open(id, request));
    } catch (error) {
      this.refused.push({ kind: 'error', id, error: FtsError.from(error).toJSON() });
    }
  }

  cancel(id: number): void {
    this.batching.cancel(id);
  }

  call<Name extends CallName>(name: Name, input: EngineCalls[Name]['input']): EngineCalls[Name]['output'] {
    return this.calls[name](input);
  }

  private readonly calls: { [Name in CallName]: (input: EngineCalls[Name]['input']) => EngineCalls[Name]['output'] } = {
    tokenize: ({ text, special, bos }) => this.model.tokenize(text, { special, bos }),
    detokenize: ({ tokens }) => {
      this.checkTokens(tokens);
      return Buffer.concat(tokens.map((token) => this.model.piece(token, true))).toString('utf8');
    },
    embed: ({ inputs }) => {
      this.embedder ??= new Embedder(this.llama, this.model, this.info.settings.threads);
      const tokens = inputs.map((input) => {
        if (typeof input === 'string') return this.model.tokenize(input, { special: false, bos: true });
        this.checkTokens(input);
        return input;
      });
      return { embeddings: this.embedder.embed(tokens), tokens: tokens.reduce((sum, list) => sum + list.length, 0) };
    },
    loadAdapter: ({ name, path, scale }) => {
      if (this.adapters.has(name)) throw conflict(name, 'is already loaded', 'Unload it first or use another name.');
      const pointer = this.llama.adapterInit(this.model.pointer, path);
      if (pointer === null) {
        throw new FtsError('invalid-input', `llama.cpp cannot load the LoRA adapter ${path} for this model.`, {
          field: 'path',
          value: path,
          remedy: 'Check that it is a GGUF adapter made for this base model.',
        });
      }
      this.adapters.set(name, { pointer, scale });
      return null;
    },
    unloadAdapter: ({ name }) => {
      const adapter = this.adapters.get(name);
      if (adapter === undefined) throw unknownAdapter(name, [...this.adapters.keys()]);
      if (this.batching.usesAdapter(name)) throw conflict(name, 'is in use', 'Try again when its requests are done.');
      this.batching.releaseAdapter(name);
      this.llama.adapterFree(adapter.pointer);
      this.adapters.delete(name);
      return null;
    },
    residentBytes: () => process.memoryUsage.rss(),
  };

  private open(id: number, request: GenerateRequest): Generation {
    const tokens = this.promptTokens(request);
    const room = this.info.maxRequestTokens - tokens.length;
    if (tokens.length === 0) {
      throw new FtsError('invalid-input', 'The prompt is empty.', {
        field: 'prompt',
        remedy: 'Send at least one token.',
      });
    }
    if (room < 1) {
      throw new FtsError(
        'invalid-input',
        `The prompt has ${tokens.length} tokens; this model serves at most ${this.info.maxRequestTokens - 1}.`,
        { field: 'prompt', value: tokens.length, remedy: 'Shorten the prompt or serve with a larger context.' },
      );
    }
    if (request.adapter !== undefined && !this.adapters.has(request.adapter)) {
      throw unknownAdapter(request.adapter, [...this.adapters.keys()]);
    }
    const { sampling } = request;
    for (const token of Object.keys(sampling.logitBias)) this.checkTokens([Number(token)], 'logit_bias');
    const bias = request.ignoreEos
      ? { ...sampling.logitBias, ...Object.fromEntries(this.endTokens.map((token) => [token, -Infinity])) }
      : sampling.logitBias;
    const constraint = sampling.constraint === undefined ? undefined : this.constraints.open(sampling.constraint);
    const sampler = new Sampler({ ...sampling, logitBias: bias }, tokens, constraint);
    const maxTokens = Math.min(request.maxTokens ?? room, room);
    return new Generation(id, request, [...tokens], sampler, this.model, maxTokens);
  }

  private promptTokens({ prompt, parseSpecial }: GenerateRequest): number[] {
    if (typeof prompt === 'string') return this.model.tokenize(prompt, { special: parseSpecial ?? true, bos: true });
    this.checkTokens(prompt);
    return prompt;
  }

  private checkTokens(tokens: readonly number[], field = 'prompt'): void {
    const wrong = tokens.find((token) => !this.model.isValidToken(token));
    if (wrong === undefined) return;
    throw new FtsError('invalid-input', `${wrong} is not a token of this model.`, {
      field,
      value: wrong,
      remedy: `Token ids are integers from 0 to ${this.model.vocabSize - 1}.`,
    });
  }

  private useAdapter(name: string): void {
    const adapter = this.adapters.get(name);
    this.context.setAdapters(adapter === undefined ? [] : [adapter]);
  }
}

function speculationOf(
  llama: Llama,
  model: LlamaModel,
  settings: ResolvedSettings,
  draftGgufPath: string | undefined,
): Speculation | undefined {
  if (settings.speculation === 'off') return undefined;
  if (settings.speculation === 'lookup') return new Speculation(new PromptLookup());
  if (draftGgufPath === undefined) {
    throw new FtsError('invalid-input', 'Speculation with a draft model needs that model.', {
      field: 'draftGgufPath',
      remedy: 'Name a GGUF of a smaller model with the same tokenizer, or choose lookup.',
    });
  }
  const { threads, contextTokens } = settings;
  const draft = new DraftModel(llama, draftGgufPath, model, { cells: contextTokens, streams: MOST_STREAMS, threads });
  return new Speculation({
    draft: (generation, most) => draft.continue(generation, generation.tokens, most),
    forget: (generation) => draft.forget(generation),
  });
}

function resolveSettings(settings: EngineSettings, model: LlamaModel): ResolvedSettings {
  const kvCacheType = settings.kvCacheType ?? 'f16';
  const maxRunning = settings.maxRunning ?? DEFAULT_MAX_RUNNING;
  const contextTokens = settings.contextTokens ?? defaultCells(model, kvCacheType, maxRunning);
  return {
    ggufPath: settings.ggufPath,
    contextTokens,
    maxRunning,
    threads: settings.threads ?? availableParallelism(),
    prefillChunkTokens: settings.prefillChunkTokens ?? DEFAULT_CHUNK_TOKENS,
    kvCacheType,
    kvLayout: settings.kvLayout ?? defaultLayout(model, contextTokens / maxRunning),
    streamIntervalMs: settings.streamIntervalMs ?? DEFAULT_STREAM_INTERVAL_MS,
    prefixCache: settings.prefixCache ?? true,
    speculation: settings.speculation ?? 'off',
    gpuLayers: settings.gpuLayers ?? 0,
  };
}

/** `streams` if each request's part of the cache holds the model's trained context, so that the split limits nobody. */
function defaultLayout(model: LlamaModel, cellsPerRequest: number): 'unified' | 'streams' {
  return model.trainedContextTokens > 0 && cellsPerRequest >= model.trainedContextTokens ? 'streams' : 'unified';
}

function kvBytesPerToken(model: LlamaModel, type: 'f16' | 'q8_0'): number {
  const { layers, heads, kvHeads, embeddingWidth } = model.shape;
  const bytesPerValue = type === 'f16' ? 2 : 34 / 32;
  return 2 * layers * kvHeads * (embeddingWidth / heads) * bytesPerValue;
}

/** Enough cells for a full context per running request, limited by MOST_DEFAULT_CELLS and by the free memory. */
function defaultCells(model: LlamaModel, type: 'f16' | 'q8_0', maxRunning: number): number {
  const wanted = Math.min((model.trainedContextTokens || 4096) * maxRunning, MOST_DEFAULT_CELLS);
  const affordable = Math.floor((freemem() * KV_MEMORY_SHARE) / kvBytesPerToken(model, type));
  return Math.max(512, Math.floor(Math.min(wanted, affordable) / 256) * 256);
}

function conflict(name: string, what: string, remedy: string): FtsError {
  return new FtsError('conflict', `The adapter ${name} ${what}.`, { field: 'name', value: name, remedy });
}

function unknownAdapter(name: string, known: string[]): FtsError {
  return new FtsError('not-found', `No adapter named ${name} is loaded.`, {
    field: 'adapter',
    value: name,
    remedy: known.length === 0 ? 'Load it first.' : `Loaded adapters: ${known.join(', ')}.`,
  });
}
