import { z } from 'zod';
import { LineSplitter } from '../../runtime/line-splitter.ts';
import type { EngineUsage } from '../engine/protocol.ts';
import type { RequestObserver } from '../pool/model-pool.ts';

const count = z.number().int().min(0);

/** The fields of OpenAI's and Ollama's answers that carry text and token counts; all others are ignored. */
const messageSchema = z
  .object({
    choices: z
      .array(
        z
          .object({
            text: z.string().nullish(),
            delta: z.object({ content: z.string().nullish() }).loose().nullish(),
            finish_reason: z.string().nullish(),
          })
          .loose(),
      )
      .optional(),
    usage: z
      .object({
        prompt_tokens: count.optional(),
        completion_tokens: count.optional(),
        input_tokens: count.optional(),
        output_tokens: count.optional(),
      })
      .loose()
      .nullish(),
    type: z.string().optional(),
    response: z.unknown().optional(),
    message: z.object({ content: z.string().nullish() }).loose().optional(),
    done: z.boolean().optional(),
    done_reason: z.string().optional(),
    prompt_eval_count: count.optional(),
    eval_count: count.optional(),
  })
  .loose();

/** An unstreamed answer is one line; a longer line is forwarded but not counted. */
const maxLineBytes = 8 << 20;

/**
 * Reads a forwarded answer and reports its tokens and its end to the observer. JSON, NDJSON and the events of these APIs
 * all hold one JSON object a line, so one splitter of lines reads them all.
 */
export class AnswerWatch {
  private readonly observer: RequestObserver;
  private readonly startMs = performance.now();
  private firstMs: number | undefined;
  private lastMs = 0;
  private readonly lines = new LineSplitter(maxLineBytes);
  private reason: 'stop' | 'length' = 'stop';
  private promptTokens = 0;
  private completionTokens = 0;
  private chunks = 0;

  constructor(observer: RequestObserver) {
    this.observer = observer;
  }

  push(bytes: Uint8Array): void {
    for (const line of this.lines.push(bytes)) this.read(line.toString('utf8'));
  }

  end(): void {
    this.read(this.lines.rest()?.toString('utf8') ?? '');
    const now = performance.now();
    const first = this.firstMs ?? now;
    const usage: EngineUsage = {
      promptTokens: this.promptTokens,
      cachedTokens: 0,
      completionTokens: this.completionTokens || this.chunks,
      queueMs: 0,
      prefillMs: first - this.startMs,
      decodeMs: now - first,
      draftedTokens: 0,
      acceptedTokens: 0,
      preemptions: 0,
    };
    if (this.chunks === 0) this.observer.tokens(usage.completionTokens, []);
    this.observer.finish(this.reason, usage);
  }

  private read(line: string): void {
    const text = line.startsWith('data:') ? line.slice(5).trim() : line.trim();
    if (!text.startsWith('{')) return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const message = messageSchema.safeParse(value);
    if (!message.success) return;
    const { data } = message;
    const choice = data.choices?.[0];
    const piece =
      choice?.text ?? choice?.delta?.content ?? (data.done === false ? (data.message?.content ?? data.response) : '');
    const isDelta = data.type === 'response.output_text.delta';
    if ((typeof piece === 'string' && piece !== '') || isDelta) {
      const now = performance.now();
      this.observer.tokens(1, this.firstMs === undefined ? [] : [now - this.lastMs]);
      this.firstMs ??= now;
      this.lastMs = now;
      this.chunks++;
    }
    if (choice?.finish_reason === 'length' || data.done_reason === 'length') this.reason = 'length';
    this.promptTokens =
      data.usage?.prompt_tokens ?? data.usage?.input_tokens ?? data.prompt_eval_count ?? this.promptTokens;
    this.completionTokens =
      data.usage?.completion_tokens ?? data.usage?.output_tokens ?? data.eval_count ?? this.completionTokens;
  }
}
