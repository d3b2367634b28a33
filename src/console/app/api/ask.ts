import type { Step } from '../../../assistant/ask.ts';
import type { ErrorRecord } from '../../../errors/fts-error.ts';
import { visibleProse } from '../../../text/visible-text.ts';
import { ApiError, send, showable } from './client.ts';

export type { Step };

/** Asks in plain words; each step is handed over as it happens. Returns the answer. */
export async function ask(request: string, onStep: (step: Step) => void, signal: AbortSignal): Promise<string> {
  const response = await send('/api/ask', { request }, undefined, signal);
  for await (const { event, data } of serverSentEvents(response.body!)) {
    if (event === 'step') onStep(showable(data as Step));
    if (event === 'answer') return visibleProse((data as { answer: string }).answer);
    if (event === 'error') throw new ApiError(200, showable(data as ErrorRecord));
  }
  throw new ApiError(0, { message: 'The connection ended before the answer came.', remedy: 'Ask again.' });
}

async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: unknown }> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join('\n');
      yield { event: field('event'), data: JSON.parse(field('data')) };
    }
  }
}
