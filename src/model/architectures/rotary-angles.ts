import type { ModelConfig } from '../model-config.ts';

/** Dimensions of a head that are rotated. */
export function rotatedDimensions({ rotaryDim, headDim }: ModelConfig): number {
  return rotaryDim ?? headDim;
}

/**
 * Cosines and sines of position · frequency, each [length, rotated dimensions / 2], with frequency_i = theta^(-2i / dim)
 * (arXiv:2104.09864), stretched as the configuration says. `local` are the angles of layers with a sliding window.
 */
export function rotaryAngles(
  config: ModelConfig,
  length: number,
  local = false,
): { cosines: Float32Array; sines: Float32Array } {
  const frequencies =
    local && config.localRopeTheta !== undefined ? localFrequencies(config) : stretched(config, length);
  const magnitude = local && config.localRopeTheta !== undefined ? 1 : rotaryMagnitude(config);
  const half = frequencies.length;
  const cosines = new Float32Array(length * half);
  const sines = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      cosines[position * half + i] = magnitude * Math.cos(angle);
      sines[position * half + i] = magnitude * Math.sin(angle);
    }
  }
  return { cosines, sines };
}

/** What cosines and sines are multiplied with: contexts beyond the original one need sharper attention. */
export function rotaryMagnitude({ ropeScaling, contextLength }: ModelConfig): number {
  switch (ropeScaling?.type) {
    case undefined:
    case 'linear':
    case 'llama3':
      return 1;
    case 'yarn':
      return ropeScaling.factor <= 1 ? 1 : 0.1 * Math.log(ropeScaling.factor) + 1;
    case 'longrope': {
      const factor = contextLength / ropeScaling.originalContextLength;
      return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(ropeScaling.originalContextLength));
    }
  }
}

function plainFrequencies(config: ModelConfig, theta: number): Float64Array {
  const dimensions = rotatedDimensions(config);
  return Float64Array.from({ length: dimensions / 2 }, (_, i) => theta ** ((-2 * i) / dimensions));
}

const localFrequencies = (config: ModelConfig): Float64Array => plainFrequencies(config, config.localRopeTheta!);

function stretched(config: ModelConfig, length: number): Float64Array {
  const { ropeScaling, ropeTheta = 10_000 } = config;
  const plain = plainFrequencies(config, ropeTheta);
  switch (ropeScaling?.type) {
    case undefined:
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / ropeScaling.factor);
    case 'llama3':
      return plain.map((frequency) => blended(frequency, ropeScaling));
    case 'yarn':
      return yarn(plain, ropeTheta, ropeScaling);
    case 'longrope': {
      const factors = length > ropeScaling.originalContextLength ? ropeScaling.longFactors : ropeScaling.shortFactors;
      return plain.map((frequency, i) => frequency / factors[i]!);
    }
  }
}

type ScalingOf<Type> = Extract<NonNullable<ModelConfig['ropeScaling']>, { type: Type }>;

/** Llama 3.1's scaling: long wavelengths are stretched, short ones kept, those between are blended. */
function blended(frequency: number, scaling: ScalingOf<'llama3'>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalContextLength / highFrequencyFactor) return frequency;
  if (wavelength > originalContextLength / lowFrequencyFactor) return frequency / factor;
  const kept = (originalContextLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

/** Frequencies that turn often within the original context are kept, rare ones divided, a ramp between them. */
function yarn(plain: Float64Array, theta: number, scaling: ScalingOf<'yarn'>): Float64Array {
  const { factor, betaFast, betaSlow, originalContextLength } = scaling;
  const dimensions = 2 * plain.length;
  const dimensionOf = (rotations: number): number =>
    (dimensions * Math.log(originalContextLength / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const low = Math.max(0, Math.floor(dimensionOf(betaFast)));
  const high = Math.min(dimensions - 1, Math.ceil(dimensionOf(betaSlow)));
  const span = Math.max(high - low, 0.001);
  return plain.map((frequency, i) => {
    const divided = Math.min(1, Math.max(0, (i - low) / span));
    return (frequency / factor) * divided + frequency * (1 - divided);
  });
}

/**
 * By how much each frequency is divided, [rotated dimensions / 2], where the division is not the same for all: tensors of
 * GGUF files by their names there.
 */
export function rotaryFactors(config: ModelConfig): Record<string, Float32Array> {
  const { ropeScaling } = config;
  if (ropeScaling?.type === 'llama3') {
    const plain = plainFrequencies(config, config.ropeTheta ?? 10_000);
    const factors = Float32Array.from(plain, (frequency) => frequency / blended(frequency, ropeScaling));
    return { 'rope_freqs.weight': factors };
  }
  if (ropeScaling?.type !== 'longrope') return {};
  return {
    'rope_factors_long.weight': Float32Array.from(ropeScaling.longFactors),
    'rope_factors_short.weight': Float32Array.from(ropeScaling.shortFactors),
  };
}
