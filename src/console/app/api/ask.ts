import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Step } from '../../../assistant/ask.ts';
import type { ErrorRecord } from '../../../errors/fts-error.ts';
import { visibleProse } from '../../../text/visible-text.ts';
import { ApiError, send, showable } from './client.ts';

export type { Step };

/** Asks in plain words; each step is handed over as it happens. Returns the answer. */
export async function ask(request: string, onStep: (step: Step) => void, signal: AbortSignal): Promise<string> {
  const response = await send('/api/ask', { request }, undefined, signal);
  const text = response.body!.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  // By a reader: Safari cannot iterate a stream.
  const events = text.pipeThrough(new EventSourceParserStream()).getReader();
  while (true) {
    const { done, value } = await events.read();
    if (done) break;
    const { event } = value;
    const data: unknown = JSON.parse(value.data);
    if (event === 'step') onStep(showable(data as Step));
    if (event === 'answer') return visibleProse((data as { answer: string }).answer);
    if (event === 'error') throw new ApiError(200, showable(data as ErrorRecord));
  }
  throw new ApiError(0, { message: 'The connection ended before the answer came.', remedy: 'Ask again.' });
}
