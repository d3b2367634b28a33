import type { ErrorRecord } from '../../errors/fts-error.ts';
import type { ModelShape } from '../llama/model.ts';
import type { SamplingSettings } from '../sampling/sampling-settings.ts';

/** How an engine process is set up; what is left out is chosen by the engine for the model and this machine. */
export interface EngineSettings {
  ggufPath: string;
  /** Cells of the KV cache, shared by all requests. */
  contextTokens?: number;
  /** Requests that decode in one batch. */
  maxRunning?: number;
  threads?: number;
  /** Most prompt tokens in one step: the longest time that a running stream waits for a new prompt. */
  prefillChunkTokens?: number;
  kvCacheType?: 'f16' | 'q8_0';
  /**
   * `unified` shares every cell and every prefix between all requests. `streams` gives each request an equal part of
   * the cache: attention never passes over the cells of others, a shared prefix is copied. Left out: `streams` where
   * each part is as long as the model's trained context.
   */
  kvLayout?: 'unified' | 'streams';
  /**
   * Milliseconds for which tokens of a stream are held back to travel together; 0: every step is told. A first token, an
   * end and an error never wait.
   */
  streamIntervalMs?: number;
  /** Keep finished sequences for later requests that begin alike. */
  prefixCache?: boolean;
  /** Guess tokens ahead from the request's own text (`lookup`) or with a smaller model (`draft`). */
  speculation?: 'off' | 'lookup' | 'draft';
  draftGgufPath?: string;
  /** A GPU package installed beside the CPU one (`cuda`, `vulkan`) and the layers to put there. */
  gpu?: string;
  gpuLayers?: number;
}

/** One generation as the engine knows it: text or token ids in, no chat, no JSON. */
export interface GenerateRequest {
  prompt: string | number[];
  /** Recognise control tokens in the prompt's text, as chat templates write them. Default true. */
  parseSpecial?: boolean;
  sampling: SamplingSettings;
  stop?: string[];
  stopTokens?: number[];
  /** Left out: until the model stops or the context is full. */
  maxTokens?: number;
  ignoreEos?: boolean;
  /** Nobody reads the answer before its end, so that its tokens need not be told as they come. */
  whole?: boolean;
  /** Name of a loaded LoRA adapter. */
  adapter?: string;
  /** Milliseconds after arrival at which the generation ends with what it has. */
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

/** Text that has become certain since the last event, and the tokens of the steps between. */
export interface TokenEvent {
  kind: 'tokens';
  id: number;
  text: string;
  tokens: number[];
  /** One value for each of those steps but the request's first: milliseconds since the step before, per token of the step. */
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

/** What one request used; times are milliseconds of the engine's clock. */
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
  /** Tokens that a constraint left no choice about, appended without sampling. */
  forcedTokens: number;
  /** Milliseconds spent inside llama.cpp's forward pass. */
  forwardMs: number;
}

/** What the engine says of itself once the model is loaded. */
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

/** Calls answered with one reply each, beside the stream of generation events. */
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
