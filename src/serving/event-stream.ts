import type { Context } from 'hono';

/**
 * A streaming response from text chunks. The response starts after the first chunk has arrived, so that an early error
 * (a full queue, a bad prompt) still gets its own status. `onFailure` turns a later error into the last chunk; `onEnd`
 * is called after the last chunk, a failure or a disconnect.
 *
 * Hono's `streamSSE` sends status 200 before the first event, and it costs about twice the time for each token.
 */
export async function streamResponse(
  context: Context,
  chunks: AsyncGenerator<string>,
  options: { contentType: string; onFailure: (error: unknown) => string; onEnd?: () => void },
): Promise<Response> {
  const first = await chunks.next();
  const encoder = new TextEncoder();
  let started = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = started ? await chunks.next() : first;
        started = true;
        if (next.done === true) {
          controller.close();
          options.onEnd?.();
        } else controller.enqueue(encoder.encode(next.value));
      } catch (error) {
        controller.enqueue(encoder.encode(options.onFailure(error)));
        controller.close();
        options.onEnd?.();
      }
    },
    async cancel() {
      await chunks.return(undefined);
      options.onEnd?.();
    },
  });
  return context.body(body, 200, {
    'content-type': options.contentType,
    'cache-control': 'no-cache',
    // Without this, proxies such as nginx buffer the stream before forwarding it.
    'x-accel-buffering': 'no',
  });
}

/** One server-sent event (WHATWG HTML, section 9.2) with a JSON body, which has no line breaks to be escaped. */
export function serverSentEvent(data: unknown, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}
