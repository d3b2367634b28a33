import type { ErrorRecord } from '../../errors/fts-error.ts';
import type { ModelShape } from '../llama/model.ts';
import type { SamplingSettings } from '../sampling/sampling-settings.ts';

/** Settings of an engine process. The engine chooses defaults for the model and this machine. */
export interface EngineSettings {
  ggufPath: string;
  /** Cells of the KV cache, shared by all requests. */
  contextTokens?: number;
  /** Most requests in one batch. */
  maxRunning?: number;
  threads?: number;
  /** Most prompt tokens in one step, which bounds how long a new prompt can delay running streams. */
  prefillChunkTokens?: number;
  kvCacheType?: 'f16' | 'q8_0';
  /**
   * `unified` shares all cells and prefixes between requests. `streams` gives each request an equal part of the cache:
   * attention never scans the cells of other requests, but a shared prefix is copied. Default: `streams` if each part
   * is at least as long as the model's trained context, otherwise `unified`.
   */
  kvLayout?: 'unified' | 'streams';
  /**
   * Least milliseconds between two token events of one stream; 0 emits an event every step. The first token, the finish
   * event and errors are emitted at once.
   */
  streamIntervalMs?: number;
  /** Keep finished sequences in the cache for later requests with the same prefix. */
  prefixCache?: boolean;
  /** Speculative decoding: draft tokens come from the request's own text (`lookup`) or a smaller model (`draft`). */
  speculation?: 'off' | 'lookup' | 'draft';
  draftGgufPath?: string;
  /** A GPU package installed beside the CPU one (`cuda`, `vulkan`) and the layers to put there. */
  gpu?: string;
  gpuLayers?: number;
}

/** One generation request to the engine: a prompt as text or token ids, without chat messages or JSON formats. */
export interface GenerateRequest {
  prompt: string | number[];
  /** Recognise control tokens in the prompt's text, as chat templates write them. Default true. */
  parseSpecial?: boolean;
  sampling: SamplingSettings;
  stop?: string[];
  stopTokens?: number[];
  /** Default: until the model stops or the context is full. */
  maxTokens?: number;
  ignoreEos?: boolean;
  /** The client reads only the finished answer, so token events are emitted rarely. */
  whole?: boolean;
  /** Name of a loaded LoRA adapter. */
  adapter?: string;
  /** Milliseconds after arrival at which the generation ends with the text generated so far. */
  deadlineMs?: number;
}

export interface LogprobEntry {
  token: number;
  text: string;
  bytes: number[];
  logprob: number;
}

export interface TokenLogprobs extends LogprobEntry {
  top: LogprobEntry[];
}

/** Text that has become final since the last event, and the tokens generated since then. */
export interface TokenEvent {
  kind: 'tokens';
  id: number;
  text: string;
  tokens: number[];
  /** For each step but the request's first: milliseconds since the previous step, divided by the tokens of the step. */
  interTokenMs: number[];
  logprobs?: TokenLogprobs[];
}

export type FinishReason = 'stop' | 'length' | 'cancelled' | 'deadline';

export interface FinishEvent {
  kind: 'finish';
  id: number;
  reason: FinishReason;
  stopString?: string;
  usage: EngineUsage;
}

/** Tokens and times of one request; times are milliseconds. */
export interface EngineUsage {
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
  draftedTokens: number;
  acceptedTokens: number;
  preemptions: number;
}

interface ErrorEvent {
  kind: 'error';
  id: number;
  error: ErrorRecord;
}

export type EngineEvent = TokenEvent | FinishEvent | ErrorEvent;

/** The engine's load, for metrics; counters only grow, from zero in a new process. */
export interface EngineLoad {
  running: number;
  waiting: number;
  cells: number;
  usedCells: number;
  steps: number;
  decodedTokens: number;
  prefilledTokens: number;
  prefixQueriedTokens: number;
  prefixHitTokens: number;
  preemptions: number;
  draftedTokens: number;
  acceptedTokens: number;
  /** Tokens that were the only ones a constraint allowed, appended without sampling. */
  forcedTokens: number;
  /** Milliseconds spent inside llama.cpp's forward pass. */
  forwardMs: number;
}

/** Facts about the engine and its model, sent once the model is loaded. */
export interface EngineInfo {
  pid: number;
  llamaVersion: string;
  model: ModelShape;
  metadata: Record<string, string>;
  chatTemplate: string | null;
  bosText: string;
  eosText: string;
  settings: Required<Omit<EngineSettings, 'draftGgufPath' | 'gpu'>>;
  /** Longest prompt and completion together that one request may have. */
  maxRequestTokens: number;
  kvBytesPerToken: number;
  residentBytes: number;
}

/** Calls that get one reply each, unlike generations, which get a stream of events. */
export interface EngineCalls {
  tokenize: { input: { text: string; special: boolean; bos: boolean }; output: number[] };
  detokenize: { input: { tokens: number[] }; output: string };
  embed: { input: { inputs: (string | number[])[] }; output: { embeddings: Float32Array[]; tokens: number } };
  loadAdapter: { input: { name: string; path: string; scale: number }; output: null };
  unloadAdapter: { input: { name: string }; output: null };
  residentBytes: { input: null; output: number };
}

export type CallName = keyof EngineCalls;

export type ToEngine =
  | { kind: 'load'; settings: EngineSettings }
  | { kind: 'generate'; id: number; request: GenerateRequest }
  | { kind: 'cancel'; id: number }
  | { [Name in CallName]: { kind: 'call'; id: number; name: Name; input: EngineCalls[Name]['input'] } }[CallName];

export type FromEngine =
  | { kind: 'ready'; info: EngineInfo }
  | { kind: 'failed'; error: ErrorRecord }
  | { kind: 'step'; events: EngineEvent[]; load?: EngineLoad }
  | { kind: 'reply'; id: number; output: unknown }
  | { kind: 'refused'; id: number; error: ErrorRecord };
