import type { AuditEvent, AuditLog } from './audit-log.ts';

const windowMilliseconds = 60_000;
const rowsPerWindow = 120;

interface Repeated {
  event: AuditEvent;
  repeats: number;
}

/**
 * Refusals and failures in the audit log, bounded so that a flood of them cannot fill the disk: the first of a kind is a
 * row at once; the same again within a minute is counted, and the count becomes one row when the minute is over. Of more
 * than 120 kinds in a minute only the number is recorded.
 */
export class RefusalLog {
  private readonly audit: AuditLog;
  private readonly repeated = new Map<string, Repeated>();
  private others = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(audit: AuditLog) {
    this.audit = audit;
  }

  /** `sameness`, with who, what and on what, tells which refusals are the same. */
  record(event: AuditEvent, sameness: string): void {
    const key = JSON.stringify([event.actor, event.channel, event.action, event.subject, sameness]);
    const known = this.repeated.get(key);
    if (known !== undefined) known.repeats++;
    else if (this.repeated.size >= rowsPerWindow) this.others++;
    else {
      this.repeated.set(key, { event, repeats: 0 });
      this.audit.record(event);
    }
    this.timer ??= setTimeout(() => this.flush(), windowMilliseconds).unref();
  }

  /** Records what was counted. For the end of each minute and of the process. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { event, repeats } of this.repeated.values())
      if (repeats > 0) this.audit.record({ ...event, details: { ...event.details, repeats } });
    this.repeated.clear();
    if (this.others > 0)
      this.audit.record({
        actor: 'system',
        channel: 'system',
        action: 'audit.refusals-left-out',
        subject: '',
        outcome: 'refused',
        details: { count: this.others },
      });
    this.others = 0;
  }
}
