import type { ParameterState } from './parameter-state.ts';

export interface AdamWSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/**
 * One step of AdamW (arXiv:1711.05101) with decoupled weight decay; `step` counts from 1. The moments are stored scaled
 * by 1 / (1 - beta), so the bias corrections are part of the rate and the epsilon.
 */
export function adamwStep(
  state: ParameterState,
  settings: AdamWSettings,
  { step, learningRate, gradientScale }: { step: number; learningRate: number; gradientScale: number },
): void {
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
  state.update({
    beta1,
    beta2,
    rate: ((learningRate * (1 - beta1)) / (1 - beta1 ** step)) * root,
    epsilon: epsilon * root,
    keepDecayed: 1 - learningRate * weightDecay,
    keepOther: 1,
    gradientScale,
  });
}
