import type { TrainSettings } from './settings.ts';

type ScheduleSettings = Pick<
  TrainSettings,
  'learningRate' | 'finalLearningRateFraction' | 'schedule' | 'warmupSteps' | 'decayFraction'
>;

/**
 * The learning rate of step `step` (counted from 1) of `steps`: a linear warm-up, then cosine decay (arXiv:1608.03983)
 * or linear decay to the final rate, a constant rate, or WSD (warm-up, stable, decay; arXiv:2404.06395).
 */
export function learningRateAt(step: number, steps: number, settings: ScheduleSettings): number {
  const { learningRate, finalLearningRateFraction, schedule, decayFraction } = settings;
  const warmupSteps = Math.min(settings.warmupSteps, steps - 1);
  if (step <= warmupSteps) return (learningRate * step) / (warmupSteps + 1);
  const final = learningRate * finalLearningRateFraction;
  const between = (share: number): number => final + (learningRate - final) * share;
  const progress = (step - 1 - warmupSteps) / Math.max(1, steps - 1 - warmupSteps);
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'linear':
      return between(1 - progress);
    case 'cosine':
      return between((1 + Math.cos(Math.PI * progress)) / 2);
    case 'wsd': {
      const decaySteps = Math.max(1, Math.round(steps * decayFraction));
      return between(Math.min(1, (steps - step) / decaySteps));
    }
  }
}
