import type { ServerContext } from '@modelcontextprotocol/server';
import type { Progress, ReportProgress } from '../../runtime/progress.ts';

const intervalMilliseconds = 250;

/**
 * Turns progress reports into `notifications/progress` for a client that asked for them. The protocol wants a figure
 * that only ever grows, so the units of the stages add up.
 */
export function progressNotifications(context: ServerContext): ReportProgress {
  const token = context.mcpReq._meta?.progressToken;
  if (token === undefined) return () => {};
  let stage = '';
  let before = 0;
  let last = 0;
  let sentAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (progress.note !== undefined) void context.mcpReq.log('info', progress.note, progress.stage).catch(() => {});
    if (progress.stage !== stage) {
      before = last;
      stage = progress.stage;
      sentAt = Number.NEGATIVE_INFINITY;
    }
    const value = before + progress.done;
    const now = performance.now();
    if (value <= last && last > 0) return;
    if (now - sentAt < intervalMilliseconds) return;
    sentAt = now;
    last = value;
    void context.mcpReq
      .notify({
        method: 'notifications/progress',
        params: {
          progressToken: token,
          progress: value,
          ...(progress.total === undefined ? {} : { total: before + progress.total }),
          message: progressInWords(progress),
        },
      })
      .catch(() => {}); // The client has gone: its own signal tells the work.
  };
}

/** `train 40/200 steps, loss 2.31`. */
export function progressInWords({ stage, done, total, unit, metrics }: Progress): string {
  const count = `${done}${total === undefined ? '' : `/${total}`}${unit === undefined ? '' : ` ${unit}`}`;
  const figures = Object.entries(metrics ?? {}).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  return [`${stage} ${count}`, ...figures].join(', ');
}
