import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { Actor } from '../changes/akamai-reader.ts';
import type { ChangePlan } from '../changes/change-plan.ts';
import type { ChangePlans } from '../changes/change-plans.ts';
import { type ReadTools, readOperation } from '../client/read-operation.ts';
import type { ScriptCall, ScriptLimits } from './sandbox-messages.ts';

const callSchema = z.object({
  api: z.string().min(1),
  operation: z.string().min(1),
  path: z.record(z.string(), z.unknown()).optional(),
  query: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown().optional(),
  maxRows: z.number().int().min(1).max(10_000).default(1_000),
});

export interface ScriptHost extends ReadTools {
  plans: ChangePlans;
  actor: Actor;
  as: { account?: string | undefined; accountSwitchKey?: string | undefined };
  limits: ScriptLimits;
  signal: AbortSignal;
}

/** Answers a program's calls: a read with its answer, a write with the change plan that was made of it. */
export class ScriptCalls {
  readonly plans: ChangePlan[] = [];
  private readonly host: ScriptHost;

  constructor(host: ScriptHost) {
    this.host = host;
  }

  async answer(given: ScriptCall): Promise<unknown> {
    const { api, operation: name, path, query, body, maxRows } = parseWith(callSchema, given, 'the call');
    const { catalogue, as, signal } = this.host;
    const operation = catalogue.find(api, name);
    const pathValues = { ...catalogue.match(api, name)?.pathValues, ...path };
    if (operation.effect !== 'read')
      return this.propose({ api: operation.api, operationId: operation.operationId, path: pathValues, query, body });
    const input = { path: pathValues, query, body };
    const result = await readOperation(this.host, { operation, input, maxRows, signal, ...as });
    return result.body;
  }

  private async propose({
    query,
    body,
    ...call
  }: {
    api: string;
    operationId: string;
    path: Record<string, unknown>;
    query: Record<string, unknown> | undefined;
    body: unknown;
  }) {
    const { plans, actor, as, limits, signal } = this.host;
    if (this.plans.length >= limits.plans) {
      throw new FtsError('exhausted', `A program makes at most ${limits.plans} plans.`, {
        field: 'program',
        remedy: 'Make the others by themselves.',
      });
    }
    const request = {
      ...call,
      ...as,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body }),
    };
    const plan = await plans.plan(request, actor, { reason: 'Proposed by a script', signal });
    this.plans.push(plan);
    return { planned: true, planId: plan.id, title: plan.description.title, state: plan.state };
  }
}
