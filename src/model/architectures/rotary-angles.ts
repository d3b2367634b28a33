import type { ModelConfig, RopeScaling } from '../model-config.ts';

/**
 * Cosines and sines of position · frequency, each [length, headDim / 2], with frequency_i = theta^(-2i / headDim)
 * (arXiv:2104.09864), stretched as the configuration says.
 */
export function rotaryAngles(config: ModelConfig, length: number): { cosines: Float32Array; sines: Float32Array } {
  const half = config.headDim / 2;
  const theta = config.ropeTheta ?? 10_000;
  const frequencies = Float64Array.from({ length: half }, (_, i) =>
    stretch(theta ** ((-2 * i) / config.headDim), config.ropeScaling),
  );
  const cosines = new Float32Array(length * half);
  const sines = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      cosines[position * half + i] = Math.cos(angle);
      sines[position * half + i] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}

/** Llama 3.1's scaling: long wavelengths are stretched, short ones kept, those between are blended. */
function stretch(frequency: number, scaling: RopeScaling | undefined): number {
  if (scaling === undefined) return frequency;
  if (scaling.type === 'linear') return frequency / scaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalContextLength / highFrequencyFactor) return frequency;
  if (wavelength > originalContextLength / lowFrequencyFactor) return frequency / factor;
  const kept = (originalContextLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

/**
 * By how much each frequency is divided, [headDim / 2], where the division is not the same for all: what GGUF files
 * carry as `rope_freqs.weight`.
 */
export function rotaryFrequencyFactors(config: ModelConfig): Float32Array | undefined {
  if (config.ropeScaling?.type !== 'llama3') return undefined;
  const theta = config.ropeTheta ?? 10_000;
  return Float32Array.from({ length: config.headDim / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / config.headDim);
    return frequency / stretch(frequency, config.ropeScaling);
  });
}
