import { z } from 'zod';
import { defaultLimits, runScript } from '../../akamai/script/run-script.ts';
import { ScriptCalls } from '../../akamai/script/script-calls.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiScript = defineOperation({
  name: 'akamai.script',
  title: 'Run a small program over Akamai’s APIs',
  description:
    'Runs a short JavaScript program in a sandbox, to join, count and filter many answers in one go. Inside: `await akamai.get(path, query)` and `await akamai.call(api, operationId, {path, query, body})` give the answer, pages followed; `return` gives the result (48 kB at most). No network, files or clock. A writing call changes nothing: it becomes a change plan.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['program'],
  example: 'fts akamai script "const g = await akamai.get(\'/papi/v1/groups\'); return g.groups.items.length"',
  input: z.object({
    program: z.string().min(1).max(50_000).describe('JavaScript; the body of an async function'),
    maxCalls: z.number().int().min(1).max(1000).default(defaultLimits.calls).describe('Calls at the most'),
    cpuMilliseconds: z
      .number()
      .int()
      .min(10)
      .max(30_000)
      .default(defaultLimits.cpuMilliseconds)
      .describe('Own computing at the most'),
    timeoutSeconds: z
      .number()
      .min(1)
      .max(600)
      .default(defaultLimits.totalMilliseconds / 1000)
      .describe('Altogether at the most'),
    ...asFields,
  }),
  output: z.object({
    value: z.unknown(),
    note: z.string().optional(),
    logs: z.array(z.string()),
    calls: z.number().int(),
    plans: z.array(z.object({ planId: z.string(), title: z.string() })),
  }),
  async run({ program, maxCalls, cpuMilliseconds, timeoutSeconds, ...as }, context) {
    const akamai = akamaiOf(context);
    const limits = { ...defaultLimits, calls: maxCalls, cpuMilliseconds, totalMilliseconds: timeoutSeconds * 1000 };
    const { catalogue, validator, plans } = akamai;
    const { caller: actor, signal } = context;
    const host = new ScriptCalls({
      catalogue,
      validator,
      plans,
      actor,
      limits,
      signal,
      as: asOf(as),
      caller: akamai.reads(actor),
    });
    akamai.audit.record({
      actor: actor.name,
      channel: actor.channel,
      action: 'akamai.script',
      subject: 'program',
      outcome: 'ok',
      details: { program },
    });
    const { value, note, logs, calls } = await runScript(program, limits, (call) => host.answer(call), signal);
    return {
      value,
      ...(note === undefined ? {} : { note }),
      logs,
      calls,
      plans: host.plans.map((plan) => ({ planId: plan.id, title: plan.description.title })),
    };
  },
});
