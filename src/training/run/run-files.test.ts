import { describe, expect, it } from 'vitest';
import { svgToPng } from '../../runtime/svg-to-png.ts';
import { lossCurveSvg } from '../report/loss-curve.ts';
import type { MetricsLine } from '../report/metrics-log.ts';
import { maskedCrc32c } from '../report/tensorboard.ts';
import { learningRateAt } from './schedule.ts';
import { trainSettingsSchema } from './settings.ts';

describe('the report files of a run', () => {
  it('have record checksums as TensorFlow computes them', () => {
    // CRC-32C of "123456789" is e3069283 (RFC 3720, B.4), then rotated and offset
    const crc = 0xe3069283;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    expect(maskedCrc32c(new TextEncoder().encode('123456789'))).toBe(masked);
  });

  it('draw every run with its escaped name and a dot for each validation loss', () => {
    const lines = Array.from(
      { length: 1000 },
      (_, i): MetricsLine => ({
        step: i + 1,
        loss: 4 / (1 + i),
        learningRate: 1e-3,
        gradientNorm: 1,
        tokensPerSecond: 1,
        tokens: i,
        seconds: i,
        ...(i % 500 === 499 ? { validationLoss: 1 } : {}),
      }),
    );
    const svg = lossCurveSvg([
      { name: 'a<b>', lines },
      { name: 'two', lines },
    ]);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(svg).toContain('a&lt;b&gt;');
    expect(svg).not.toContain('NaN');
  });

  it('draw text into a PNG, whatever fonts the machine has', async () => {
    const drawing = (text: string): string =>
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><text x="2" y="15">${text}</text></svg>`;
    const [empty, lettered] = [await svgToPng(drawing('')), await svgToPng(drawing('loss'))].map(Buffer.from) as [
      Buffer,
      Buffer,
    ];
    expect(lettered.subarray(1, 4).toString()).toBe('PNG');
    expect([lettered.readUInt32BE(16), lettered.readUInt32BE(20)]).toEqual([90, 30]);
    expect(lettered.length).toBeGreaterThan(empty.length + 100);
  });
});

describe('schedules', () => {
  const settings = (schedule: string) => trainSettingsSchema.parse({ schedule, warmupSteps: 10, learningRate: 1 });

  it('rise through the warm-up and end at the final rate', () => {
    for (const schedule of ['cosine', 'linear', 'wsd']) {
      expect(learningRateAt(5, 100, settings(schedule))).toBeCloseTo(5 / 11);
      expect(learningRateAt(11, 100, settings(schedule))).toBeCloseTo(1);
      expect(learningRateAt(100, 100, settings(schedule))).toBeCloseTo(0.1);
    }
    expect(learningRateAt(100, 100, settings('constant'))).toBe(1);
  });

  it('stay at the peak until the decay with WSD, and are halfway down after half the steps with cosine', () => {
    expect(learningRateAt(80, 100, settings('wsd'))).toBeCloseTo(1);
    expect(learningRateAt(90, 100, settings('wsd'))).toBeCloseTo(0.55);
    expect(learningRateAt(56, 101, settings('cosine'))).toBeCloseTo(0.55, 1);
  });

  it('refuse an unknown field', () => {
    expect(() => trainSettingsSchema.parse({ learningrate: 1 })).toThrow('learningrate');
  });
});
