import type { AuditLog } from '../../audit/audit-log.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { AkamaiCaller, AkamaiRequest, AkamaiResponse } from '../client/akamai-request.ts';
import { refusalError } from '../client/problem.ts';
import type { Reader } from './change-kind.ts';

/** Who asks, for the audit log. */
export interface Actor {
  name: string;
  channel: string;
}

/**
 * A caller that can only read: every request is looked up in the catalogue and refused unless its effect is `read`.
 * Operations and scripts are given this one; the caller that can write is held by the change plans alone. Each call is
 * one row of the audit log.
 */
export class ReadOnlyCaller implements AkamaiCaller {
  private readonly inner: AkamaiCaller;
  private readonly catalogue: Catalogue;
  private readonly audit: AuditLog;
  private readonly actor: Actor;

  constructor(inner: AkamaiCaller, catalogue: Catalogue, audit: AuditLog, actor: Actor) {
    this.inner = inner;
    this.catalogue = catalogue;
    this.audit = audit;
    this.actor = actor;
  }

  request(request: AkamaiRequest): Promise<AkamaiResponse> {
    return this.audit.recording(this.recorded(request, () => this.inner.request(request)));
  }

  requestOk(request: AkamaiRequest): Promise<AkamaiResponse> {
    return this.audit.recording(this.recorded(request, () => this.inner.requestOk(request)));
  }

  private async recorded(request: AkamaiRequest, send: () => Promise<AkamaiResponse>): Promise<AkamaiResponse> {
    const method = request.method.toUpperCase();
    const event = {
      actor: this.actor.name,
      channel: this.actor.channel,
      action: 'akamai.read',
      subject: `${method} ${request.path}`,
    };
    const about = {
      account: request.account ?? 'default',
      ...(request.query === undefined ? {} : { query: request.query }),
      ...(request.accountSwitchKey === undefined ? {} : { accountSwitchKey: request.accountSwitchKey }),
    };
    const known = this.catalogue.match(method, request.path);
    const reads = known === undefined ? method === 'GET' || method === 'HEAD' : known.operation.effect === 'read';
    if (!reads) {
      this.audit.record({ ...event, outcome: 'refused', details: about });
      throw new FtsError('forbidden', `${method} ${request.path} changes something, so it needs a change plan.`, {
        field: 'method',
        value: method,
        remedy: 'Propose it with akamai.plan; a person approves it, then akamai.apply carries it out.',
      });
    }
    try {
      const response = await send();
      const outcome = response.status >= 400 ? 'failed' : 'ok';
      this.audit.record({ ...event, outcome, details: { ...about, status: response.status } });
      return response;
    } catch (error) {
      const { kind, message } = FtsError.from(error);
      this.audit.record({ ...event, outcome: 'failed', details: { ...about, kind, message } });
      throw error;
    }
  }
}

/** Reads for one account, cancellable as a whole. */
export function accountReader(
  caller: AkamaiCaller,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'server' | 'signal'>,
): Reader {
  return {
    async get(path, { allow = [], ...options } = {}) {
      const request = { method: 'GET', path, ...options, ...as };
      const response = await caller.request(request);
      if (response.status >= 400 && !allow.includes(response.status)) throw refusalError(request, response, Date.now());
      return response;
    },
  };
}
