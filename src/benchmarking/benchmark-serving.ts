import { setTimeout as delay } from 'node:timers/promises';
import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import { SeededRandom } from '../random/seeded-random.ts';
import type { Work } from '../runtime/progress.ts';
import { type LevelSummary, summarizeLevel } from './level-summary.ts';
import type { BenchmarkServingSettings } from './settings.ts';
import { type RequestRecord, type StreamTarget, streamRequest } from './streaming-client.ts';
import { type PlannedConversation, type PromptPart, randomWord, Workload } from './workload.ts';

export interface ServingBenchmark {
  url: string;
  model: string;
  startedAt: string;
  settings: Omit<BenchmarkServingSettings, 'apiKey'>;
  levels: LevelSummary[];
}

/** Words sent to measure the tokens per word of the server's tokenizer. */
const CALIBRATION_WORDS = 200;
/** Used if the server reports no usage; typical of English text with common vocabularies. */
const TYPICAL_WORDS_PER_TOKEN = 0.75;

/**
 * Puts an OpenAI-compatible server under load, level by level, and measures it as its users would see it: TTFT, ITL,
 * TPOT, E2E at p50, p90 and p99, throughput, QPS and goodput. Errors: `unavailable` if the server does not answer.
 */
export async function benchmarkServing(
  url: string,
  settings: BenchmarkServingSettings,
  work: Work,
): Promise<ServingBenchmark> {
  const target: StreamTarget = { url: url.replace(/\/(v1\/?)?$/, ''), api: settings.api, apiKey: settings.apiKey };
  const startedAt = new Date().toISOString();
  const wordsPerToken = await calibrate(target, settings, work.signal);
  const loads: LevelSummary['load'][] = [
    ...settings.concurrency.map((value) => ({ kind: 'concurrency' as const, value })),
    ...settings.ratesPerSecond.map((value) => ({ kind: 'rate-per-second' as const, value })),
  ];
  const levels: LevelSummary[] = [];
  for (const [index, load] of loads.entries()) {
    const run = new LevelRun(target, settings, new Workload(settings, wordsPerToken, index + 1), work);
    await run.closedLoop(settings.warmupRequests, load.kind === 'concurrency' ? load.value : 1);
    const records =
      load.kind === 'concurrency'
        ? await run.closedLoop(settings.requestsPerLevel, load.value, progressOf(work, load, settings))
        : await run.openLoop(settings.requestsPerLevel, load.value, progressOf(work, load, settings));
    throwIfAborted(work.signal);
    levels.push(summarizeLevel(load, records, settings.slo));
  }
  const { apiKey: _secret, ...shown } = settings;
  return { url, model: settings.model, startedAt, settings: shown, levels };
}

type OnRecord = (done: number, record: RequestRecord) => void;

function progressOf(work: Work, load: LevelSummary['load'], settings: BenchmarkServingSettings): OnRecord {
  const stage = `${load.kind} ${load.value}`;
  return (done) => work.report({ stage, done, total: settings.requestsPerLevel, unit: 'requests' });
}

/** Sends the requests of one load level in a closed or an open loop and records each as it ends. */
class LevelRun {
  private readonly target: StreamTarget;
  private readonly settings: BenchmarkServingSettings;
  private readonly workload: Workload;
  private readonly work: Work;

  constructor(target: StreamTarget, settings: BenchmarkServingSettings, workload: Workload, work: Work) {
    this.target = target;
    this.settings = settings;
    this.workload = workload;
    this.work = work;
  }

  /** Keeps `concurrency` conversations going until `count` requests have been sent. */
  async closedLoop(count: number, concurrency: number, onRecord?: OnRecord): Promise<RequestRecord[]> {
    const records: RequestRecord[] = [];
    let left = count;
    const client = async () => {
      while (left > 0 && !this.work.signal.aborted) {
        const conversation = this.workload.next();
        conversation.turns.length = Math.min(conversation.turns.length, left);
        left -= conversation.turns.length;
        await this.converse(conversation, records, onRecord);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, client));
    return records;
  }

  /** Starts conversations as Poisson arrivals, whether or not earlier ones have ended. */
  async openLoop(count: number, ratePerSecond: number, onRecord?: OnRecord): Promise<RequestRecord[]> {
    const records: RequestRecord[] = [];
    const arrivals = new SeededRandom(this.settings.seed * 31 + 17);
    const running: Promise<void>[] = [];
    let due = performance.now();
    for (let sent = 0; sent < count; ) {
      due += arrivals.exponential(ratePerSecond) * 1000;
      await delay(Math.max(0, due - performance.now()), undefined, { signal: this.work.signal });
      const conversation = this.workload.next();
      conversation.turns.length = Math.min(conversation.turns.length, count - sent);
      sent += conversation.turns.length;
      running.push(this.converse(conversation, records, onRecord));
    }
    await Promise.all(running);
    return records;
  }

  private async converse(conversation: PlannedConversation, records: RequestRecord[], onRecord?: OnRecord) {
    const said: { role: 'user' | 'assistant'; part: PromptPart }[] = [];
    for (const turn of conversation.turns) {
      said.push({ role: 'user', part: turn.prompt });
      const timeout = AbortSignal.timeout(this.settings.timeoutSeconds * 1000);
      const signal = AbortSignal.any([this.work.signal, timeout]);
      const record = await streamRequest(this.target, requestBody(this.settings, said, turn.outputTokens), signal);
      if (this.work.signal.aborted) return;
      records.push(record);
      onRecord?.(records.length, record);
      if (record.error !== undefined) return;
      said.push({ role: 'assistant', part: this.settings.promptForm === 'tokens' ? [] : record.text.split(' ') });
    }
  }
}

function requestBody(
  settings: BenchmarkServingSettings,
  said: readonly { role: string; part: PromptPart }[],
  outputTokens: number,
): object {
  const common = {
    model: settings.model,
    max_tokens: outputTokens,
    temperature: settings.temperature,
    ...(settings.ignoreEos ? { ignore_eos: true } : {}),
  };
  if (settings.api === 'chat') {
    return { ...common, messages: said.map(({ role, part }) => ({ role, content: part.join(' ') })) };
  }
  if (settings.promptForm === 'tokens') return { ...common, prompt: said.flatMap(({ part }) => part as number[]) };
  return { ...common, prompt: said.map(({ part }) => part.join(' ')).join('\n') };
}

/** Measures the words per token of the server's tokenizer from the usage that it reports for a known text. */
async function calibrate(
  target: StreamTarget,
  settings: BenchmarkServingSettings,
  signal: AbortSignal,
): Promise<number> {
  // Prompts of token ids need no word count, and the probe might not fit the server's context.
  if (settings.promptForm === 'tokens') return TYPICAL_WORDS_PER_TOKEN;
  const draws = new SeededRandom(settings.seed);
  const words = Array.from({ length: CALIBRATION_WORDS }, () => randomWord(draws));
  const body = requestBody({ ...settings, promptForm: 'text' }, [{ role: 'user', part: words }], 1);
  const timeout = AbortSignal.timeout(settings.timeoutSeconds * 1000);
  const record = await streamRequest(target, body, AbortSignal.any([signal, timeout]));
  throwIfAborted(signal);
  if (record.error !== undefined) {
    throw new FtsError('unavailable', `${target.url} does not answer as an OpenAI-compatible server: ${record.error}`, {
      field: 'url',
      value: target.url,
      remedy: 'Check the address, the model name and the API key; the path /v1 is added by the benchmark.',
    });
  }
  return record.promptTokens === 0 ? TYPICAL_WORDS_PER_TOKEN : CALIBRATION_WORDS / record.promptTokens;
}
