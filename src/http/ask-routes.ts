import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { ask, type Step, toolsetsFor } from '../assistant/ask.ts';
import { askLimitsOf } from '../assistant/ask-budget.ts';
import { connectToOurselves } from '../assistant/own-client.ts';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import type { Services } from '../services/context.ts';
import type { Identity } from './authentication/identity.ts';
import { readJsonBody } from './json-body.ts';

const bodySchema = z.object({
  request: z.string().min(1).max(20_000).describe('What is wanted, in plain words'),
  model: z.string().min(1).optional().describe('Model that answers; the setting ask.model without it'),
});

/**
 * `POST /api/ask`: a model works through our own tools with the caller's scopes. Server-sent events: `step` for
 * everything on the way (JSON of `Step`), then one `answer` ({ answer, done }) or `error`. A change waits for a person at the
 * address of its `approval` step. Which server is asked is the operator's choice (ask.url), never the caller's.
 */
export function askRoutes(
  services: Services,
  { version, models, stop }: { version: string; models: Hono; stop?: AbortSignal | undefined },
): Hono<{ Variables: Identity }> {
  const routes = new Hono<{ Variables: Identity }>();
  routes.post('/ask', async (context) => {
    const { request, model: wished } = parseWith(bodySchema, await readJsonBody(context.req.raw), 'the body');
    const { 'ask.url': url, 'ask.model': usual } = services.config.values;
    const model = wished ?? usual;
    const key = services.environment.FTS_ASK_KEY;
    const caller = context.get('caller');
    return streamSSE(context, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const send = (event: string, data: object) => stream.writeSSE({ event, data: JSON.stringify(data) });
      const onStep = (step: Step): void => void send('step', step);
      const client = await connectToOurselves(services, {
        version,
        toolsets: toolsetsFor(model),
        caller,
        person: {
          shows: 'links',
          answer: async (link) => {
            if (link.mode === 'url') onStep({ kind: 'approval', message: link.message, url: link.url });
            return { action: 'accept' };
          },
        },
      });
      try {
        const answered = await ask(request, {
          limits: askLimitsOf(services.config.values),
          client,
          model:
            url === undefined
              ? { url: 'http://localhost/v1', model, fetch: async (to, init) => models.fetch(new Request(to, init)) }
              : { url, model, ...(key === undefined ? {} : { key }) },
          onStep,
          signal: stop === undefined ? gone.signal : AbortSignal.any([gone.signal, stop]),
        });
        await send('answer', answered);
      } catch (thrown) {
        await send('error', FtsError.from(thrown).toJSON());
      } finally {
        await client.close();
      }
    });
  });
  return routes;
}
