import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { Progress } from '../runtime/progress.ts';
import { displayWidth, padToWidth } from '../text/display-width.ts';
import { visibleLine, visibleValue } from '../text/visible-text.ts';

const barWidth = 24;
const quietMilliseconds = 5000;

/**
 * One line per stage on standard error: stage, bar, counts, figures, time left. In a terminal the line moves; in a
 * log a line is written every five seconds and when a stage ends.
 */
export class ProgressLine {
  private readonly stream: NodeJS.WriteStream;
  private stage: { name: string; startedAt: number; last: Progress } | undefined;
  private writtenAt = 0;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.stream = stream;
  }

  update(progress: Progress): void {
    const now = performance.now();
    if (this.stage?.name !== progress.stage) {
      this.end();
      this.stage = { name: progress.stage, startedAt: now, last: progress };
      this.writtenAt = 0;
    }
    this.stage!.last = progress;
    if (progress.note !== undefined) this.note(progress.note);
    if (now - this.writtenAt < (this.stream.isTTY ? 80 : quietMilliseconds)) return;
    if (!this.stream.isTTY && progress.done === progress.total) return; // written once, by `end`
    this.writtenAt = now;
    this.write(false);
  }

  /** Leaves the last stage's line standing. */
  end(): void {
    if (this.stage === undefined) return;
    this.write(true);
    this.stage = undefined;
  }

  note(text: string): void {
    this.stream.write(`${this.stream.isTTY ? '\r\x1b[K' : ''}${pc.dim(visibleLine(text))}\n`);
  }

  private write(final: boolean): void {
    const { startedAt, last } = this.stage!;
    const line = formatProgress(last, (performance.now() - startedAt) / 1000, final);
    if (!this.stream.isTTY) this.stream.write(`${line}\n`);
    else this.stream.write(`\r\x1b[K${cut(line, this.stream.columns ?? 120)}${final ? '\n' : ''}`);
  }
}

/** A progress report in words, with the time left by the rate so far, or the time taken once it is over. */
export function formatProgress(progress: Progress, elapsedSeconds: number, final: boolean): string {
  const { stage, done, total, unit, metrics } = visibleValue(progress);
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const parts = [pc.bold(padToWidth(stage, 10))];
  if (share !== undefined) {
    const full = Math.round(share * barWidth);
    parts.push(`${pc.cyan('━'.repeat(full))}${pc.dim('─'.repeat(barWidth - full))} ${Math.floor(share * 100)}%`);
  }
  if (done > 0 || total !== undefined) {
    parts.push(`${count(done)}${total === undefined ? '' : `/${count(total)}`}${unit === undefined ? '' : ` ${unit}`}`);
  }
  // Work that knows its own pace says how long it still takes; else it is taken from the share done so far.
  const {
    secondsLeft = share !== undefined && share > 0.02 ? (elapsedSeconds / share) * (1 - share) : undefined,
    ...figures
  } = metrics ?? {};
  for (const [name, value] of Object.entries(figures)) parts.push(`${name} ${figure(value)}`);
  if (final) parts.push(pc.dim(duration(elapsedSeconds)));
  else if (secondsLeft !== undefined) parts.push(pc.dim(`${duration(secondsLeft)} left`));
  return parts.join('  ');
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function figure(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return count(Math.round(value));
  return size >= 0.01 ? Number(value.toPrecision(4)).toString() : value.toExponential(1);
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function cut(line: string, columns: number): string {
  if (displayWidth(line) < columns) return line;
  let width = 0;
  const fits = (character: string): boolean => {
    width += displayWidth(character);
    return width < columns;
  };
  const characters = [...stripVTControlCharacters(line)];
  const end = characters.findIndex((character) => !fits(character));
  return characters.slice(0, end === -1 ? undefined : end).join('');
}
