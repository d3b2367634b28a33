import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { followJob } from '../jobs/job-queue.ts';
import { callOperation, submitOperation } from '../operations/call-operation.ts';
import { findOperation, operations } from '../operations/find-operation.ts';
import type { Services } from '../services/context.ts';
import type { Identity } from './authentication/identity.ts';
import { readJsonBody } from './json-body.ts';

/**
 * `/api/operations`: every operation for programs and the console. A job answers 202 with its record at once;
 * `/api/jobs/ID/events` then streams its progress as server-sent events, until `stop` says that the server has to go.
 */
export function operationRoutes(services: Services, stop?: AbortSignal): Hono<{ Variables: Identity }> {
  const routes = new Hono<{ Variables: Identity }>();

  routes.get('/operations', (context) =>
    context.json(
      operations.map(({ name, title, description, effect, scope, job, personOnly, input }) => ({
        name,
        title,
        description,
        effect,
        scope,
        job,
        personOnly: personOnly === true,
        input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
      })),
    ),
  );

  routes.post('/operations/:name', async (context) => {
    const operation = findOperation(context.req.param('name'));
    const input = await readJsonBody(context.req.raw);
    if (operation.job) return context.json(submitOperation(operation, input, services, context.get('caller')), 202);
    return context.json(
      (await callOperation(operation, input, services, {
        report: () => {},
        signal: context.req.raw.signal,
        caller: context.get('caller'),
      })) as object,
    );
  });

  routes.get('/jobs/:id/events', (context) => {
    const job = services.jobs.get(context.req.param('id'));
    return streamSSE(context, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      await followJob(services.jobs, job.id, {
        signal: stop === undefined ? gone.signal : AbortSignal.any([gone.signal, stop]),
        onChange: (current) => void stream.writeSSE({ event: 'job', data: JSON.stringify(current) }),
      });
    });
  });

  return routes;
}
