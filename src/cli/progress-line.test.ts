import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatProgress, ProgressLine } from './progress-line.ts';

const text = (...args: Parameters<typeof formatProgress>): string => stripVTControlCharacters(formatProgress(...args));

it('shows counts, figures and the time left by the rate so far', () => {
  const line = text(
    { stage: 'train', done: 250, total: 1000, unit: 'steps', metrics: { loss: 2.3456, 'tok/s': 18_123.4 } },
    10,
    false,
  );
  expect(line).toMatch(/^train .*25% {2}250\/1,000 steps {2}loss 2\.346 {2}tok\/s 18,123 {2}30 s left$/);
});

it('prefers the time left that the work itself reports', () => {
  expect(text({ stage: 'train', done: 250, total: 1000, metrics: { secondsLeft: 90 } }, 10, false)).toMatch(
    /25% {2}250\/1,000 {2}1 min 30 s left$/,
  );
});

it('ends with the time taken', () => {
  expect(text({ stage: 'quantize', done: 3, total: 3, unit: 'items' }, 2.25, true)).toMatch(
    /100% {2}3\/3 items {2}2\.[23] s$/,
  );
});

it('writes the end of a stage once into a log', () => {
  const lines: string[] = [];
  const log = { isTTY: false, write: (line: string) => lines.push(stripVTControlCharacters(line)) };
  const progress = new ProgressLine(log as unknown as NodeJS.WriteStream);
  progress.update({ stage: 'evaluate', done: 2, total: 2, unit: 'steps' });
  progress.update({ stage: 'train', done: 2, total: 2, unit: 'steps' });
  progress.end();
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['evaluate', 'train']);
});
