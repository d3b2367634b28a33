import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { choosePrompts, type PromptPiece } from '../../scheduling/prompt-order.ts';
import { promptPasses } from '../../scheduling/prompt-passes.ts';
import { mean, nearestRank } from '../../statistics/distribution.ts';
import { forwardSeconds, type SpeedModel } from '../time/forward-time.ts';
import type { SimulatedRequest } from './workload.ts';

/** Limits of the engine's batching. The batching rules themselves are in `src/scheduling`. */
export interface BatchingPolicy {
  /** Sequences in the batch at once. */
  maxRunning: number;
  /** Tokens of KV cache shared by all sequences. */
  cacheTokens: number;
  /** Most prompt tokens in one step. */
  chunkTokens: number;
  /**
   * `unified` (default): decoding sequences and prompts share a forward pass. `streams`: they have separate passes, one
   * for all decoding sequences, one for all short prompts, and one for each long prompt.
   */
  kvLayout?: 'unified' | 'streams' | undefined;
  /** With `streams`: most rows of a pass over one long prompt (`rowsPerPass`); default: unlimited. */
  passRows?: number | undefined;
}

export interface Slo {
  ttftSeconds: number;
  /** Time per output token after the first. */
  tpotSeconds: number;
}

interface Percentiles {
  mean: number;
  p50: number;
  p95: number;
  p99: number;
}

export interface SimulationResult {
  requests: number;
  /** From the first arrival to the last token. */
  seconds: number;
  ttftSeconds: Percentiles;
  tpotSeconds: Percentiles;
  e2eSeconds: Percentiles;
  requestsPerSecond: number;
  completionTokensPerSecond: number;
  /** Share of requests that meet both targets, and their number per second. */
  attainment: number;
  goodput: number;
  /** Busy share of the time. */
  utilization: number;
  meanBatch: number;
}

interface Running extends SimulatedRequest {
  /** Prompt tokens still to prefill. */
  remaining: number;
  firstTokenSeconds: number;
  /** Value of the decode counter at which the last token is generated. */
  finishAt: number;
  arrivedMs: number;
  stepsWaited: number;
}

/**
 * Discrete-event simulation of one replica with continuous batching (Yu et al. 2022). All decoding sequences advance
 * together, so the decode steps between two events (an arrival, an end) are summed in closed form, and a million
 * requests take seconds to simulate. Requests must be in order of arrival.
 */
export function simulateServing(
  model: SpeedModel,
  policy: BatchingPolicy,
  requests: Iterable<SimulatedRequest>,
  slo: Slo,
  signal?: AbortSignal,
): SimulationResult {
  const stepSeconds = decodeStepTable(model);
  const source = requests[Symbol.iterator]();
  const take = (): SimulatedRequest | undefined => {
    const next = source.next();
    return next.done === true ? undefined : next.value;
  };
  const waiting = new Queue<SimulatedRequest>();
  let prompts: Running[] = [];
  const decoding = new FinishHeap();
  const samples = new Samples(slo);

  let upcoming = take();
  const start = upcoming?.arrivalSeconds ?? 0;
  let now = start;
  let busy = 0;
  let batchSeconds = 0;
  let decodeCounter = 0;
  let contextSum = 0; // positions cached by decoding sequences
  let reserved = 0; // cache tokens reserved for running requests
  let iterations = 0;

  const finish = (request: Running) => {
    reserved -= request.promptTokens + request.completionTokens;
    samples.add(request, now);
  };

  /** One forward pass: one token for each of the `decodes` decoding sequences (all or none), and pieces of prompts. */
  const runPass = (decodes: number, parts: readonly PromptPiece<Running>[]) => {
    let tokens = decodes;
    let pairs = decodes > 0 ? contextSum + decodes : 0;
    let cached = decodes > 0 ? contextSum : 0;
    let ending = 0;
    for (const { prompt, count } of parts) {
      const past = prompt.promptTokens - prompt.remaining;
      tokens += count;
      pairs += count * past + (count * (count + 1)) / 2;
      cached += past;
      if (count === prompt.remaining) ending++;
    }
    const seconds = forwardSeconds(model, {
      tokens,
      outputs: decodes + ending,
      attendedPairs: pairs,
      cachedTokens: cached,
    });
    now += seconds;
    busy += seconds;
    batchSeconds += seconds * (decoding.length + parts.length);
    contextSum += decodes;
    if (decodes > 0) decodeCounter++;
    for (const { prompt, count } of parts) {
      prompt.remaining -= count;
      if (prompt.remaining > 0) continue;
      prompt.firstTokenSeconds = now;
      if (prompt.completionTokens === 1) finish(prompt);
      else {
        prompt.finishAt = decodeCounter + prompt.completionTokens - 1;
        contextSum += prompt.promptTokens;
        decoding.push(prompt);
      }
    }
  };

  const finishEnded = () => {
    while (decoding.length > 0 && decoding.peek().finishAt <= decodeCounter) {
      const request = decoding.pop();
      contextSum -= request.promptTokens + request.completionTokens - 1;
      finish(request);
    }
  };

  for (;;) {
    if ((++iterations & 0xffff) === 0) throwIfAborted(signal);
    while (upcoming !== undefined && upcoming.arrivalSeconds <= now) {
      waiting.push(upcoming);
      upcoming = take();
    }
    while (waiting.length > 0 && prompts.length + decoding.length < policy.maxRunning) {
      const request = waiting.peek();
      const need = request.promptTokens + request.completionTokens;
      if (need > policy.cacheTokens) {
        throw new FtsError('invalid-input', `A request of ${need} tokens never fits the cache.`, {
          field: 'cacheTokens',
          value: policy.cacheTokens,
          remedy: 'Raise cacheTokens or lower contextTokens.',
        });
      }
      if (reserved + need > policy.cacheTokens) break;
      waiting.shift();
      reserved += need;
      prompts.push({
        ...request,
        remaining: request.promptTokens,
        firstTokenSeconds: 0,
        finishAt: 0,
        arrivedMs: request.arrivalSeconds * 1000,
        stepsWaited: 0,
      });
    }
    if (prompts.length === 0 && decoding.length === 0) {
      if (upcoming === undefined) break;
      now = upcoming.arrivalSeconds;
      continue;
    }

    if (prompts.length === 0) {
      // Nothing to prefill: advance to the next end, or to the first step boundary after the next arrival.
      const running = decoding.length;
      const { base, perContext } = stepSeconds(running);
      const untilEnd = decoding.peek().finishAt - decodeCounter;
      const untilArrival =
        upcoming === undefined || running >= policy.maxRunning
          ? Number.POSITIVE_INFINITY
          : stepsWithin(upcoming.arrivalSeconds - now, base + perContext * contextSum, perContext * running);
      const steps = Math.min(untilEnd, untilArrival);
      const seconds = steps * (base + perContext * contextSum) + (perContext * running * steps * (steps - 1)) / 2;
      now += seconds;
      busy += seconds;
      batchSeconds += seconds * running;
      decodeCounter += steps;
      contextSum += steps * running;
    } else {
      const streams = policy.kvLayout === 'streams';
      const budget = policy.chunkTokens - (streams ? 0 : decoding.length);
      const chosen = choosePrompts(prompts, budget, policy.chunkTokens);
      for (const pass of streams ? promptPasses(chosen, policy.passRows) : [chosen])
        runPass(streams ? 0 : decoding.length, pass);
      prompts = prompts.filter((prompt) => prompt.remaining > 0);
      if (streams && decoding.length > 0) runPass(decoding.length, []);
    }
    finishEnded();
  }
  return samples.result(now - start, busy, batchSeconds);
}

/** Seconds of a decode step by batch size, linear in the cached positions: base + perContext × positions. */
function decodeStepTable(model: SpeedModel): (running: number) => { base: number; perContext: number } {
  const table: { base: number; perContext: number }[] = [];
  const at = (running: number, contexts: number) =>
    forwardSeconds(model, {
      tokens: running,
      outputs: running,
      attendedPairs: contexts,
      cachedTokens: contexts,
    });
  return (running) => {
    const known = table[running];
    if (known !== undefined) return known;
    const base = at(running, 0);
    const entry = { base, perContext: (at(running, 1e6) - base) / 1e6 };
    table[running] = entry;
    return entry;
  };
}

/**
 * The fewest steps whose total time reaches `seconds`, if the first takes `first` and each next one `growth` longer.
 */
function stepsWithin(seconds: number, first: number, growth: number): number {
  if (growth <= 1e-18) return Math.max(1, Math.ceil(seconds / first));
  const b = first - growth / 2;
  return Math.max(1, Math.ceil((Math.sqrt(b * b + 2 * growth * seconds) - b) / growth));
}

/** A FIFO queue whose `shift` does not move the remaining items. */
class Queue<Item> {
  private items: Item[] = [];
  private head = 0;
  get length(): number {
    return this.items.length - this.head;
  }
  push(item: Item): void {
    this.items.push(item);
  }
  peek(): Item {
    return this.items[this.head]!;
  }
  shift(): void {
    this.head++;
    if (this.head < 4096 || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

/** A binary heap of sequences, ordered by the step at which they end. */
class FinishHeap {
  private readonly items: Running[] = [];
  get length(): number {
    return this.items.length;
  }
  peek(): Running {
    return this.items[0]!;
  }
  push(item: Running): void {
    const { items } = this;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (items[parent]!.finishAt <= item.finishAt) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }
  pop(): Running {
    const { items } = this;
    const top = items[0]!;
    const last = items.pop()!;
    if (items.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.finishAt < items[child]!.finishAt) child++;
      if (items[child]!.finishAt >= last.finishAt) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
    return top;
  }
}

/** Latencies of finished requests, in growing typed arrays. */
class Samples {
  private ttft = new Float64Array(1024);
  private tpot = new Float64Array(1024);
  private e2e = new Float64Array(1024);
  private count = 0;
  private paced = 0;
  private met = 0;
  private tokens = 0;
  private readonly slo: Slo;

  constructor(slo: Slo) {
    this.slo = slo;
  }

  add(request: Running, now: number): void {
    if (this.count === this.ttft.length) {
      this.ttft = doubled(this.ttft);
      this.tpot = doubled(this.tpot);
      this.e2e = doubled(this.e2e);
    }
    const ttft = request.firstTokenSeconds - request.arrivalSeconds;
    const paces = request.completionTokens > 1;
    const tpot = paces ? (now - request.firstTokenSeconds) / (request.completionTokens - 1) : 0;
    this.ttft[this.count] = ttft;
    this.e2e[this.count] = now - request.arrivalSeconds;
    if (paces) this.tpot[this.paced++] = tpot;
    this.count++;
    this.tokens += request.completionTokens;
    if (ttft <= this.slo.ttftSeconds && tpot <= this.slo.tpotSeconds) this.met++;
  }

  result(seconds: number, busy: number, batchSeconds: number): SimulationResult {
    return {
      requests: this.count,
      seconds,
      ttftSeconds: percentiles(this.ttft.subarray(0, this.count)),
      tpotSeconds: percentiles(this.tpot.subarray(0, this.paced)),
      e2eSeconds: percentiles(this.e2e.subarray(0, this.count)),
      requestsPerSecond: this.count / seconds,
      completionTokensPerSecond: this.tokens / seconds,
      attainment: this.met / this.count,
      goodput: this.met / seconds,
      utilization: busy / seconds,
      meanBatch: batchSeconds / busy,
    };
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Percentiles by nearest rank; sorts the array in place. Zeros where no request has been counted. */
function percentiles(values: Float64Array): Percentiles {
  if (values.length === 0) return { mean: 0, p50: 0, p95: 0, p99: 0 };
  values.sort();
  const [p50, p95, p99] = [nearestRank(values, 0.5), nearestRank(values, 0.95), nearestRank(values, 0.99)];
  return { mean: mean(values), p50, p95, p99 };
}
