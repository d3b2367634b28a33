import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeRandomGguf } from '../../src/model/gguf/random-gguf.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { countText } from '../../src/planning/answer/quantity-text.ts';
import type { Machine } from '../../src/planning/machines/machine.ts';
import { countParameters } from '../../src/planning/shapes/model-shape.ts';
import type { BenchRow } from '../bench.ts';

/** Measures this machine anew, with the kernels of these block types. */
export type MeasureMachine = (types: string[]) => Promise<Machine>;

/** The block types that a model in Q4_0 consists of. */
export const servingTypes = ['Q4_0', 'Q6_K', 'Q8_0'];

/** A Llama of the given dimensions, as its configuration. */
export function llama(
  dimensions: Pick<ModelConfig, 'vocabSize' | 'width' | 'layers' | 'heads' | 'kvHeads' | 'ffnWidth'>,
): ModelConfig {
  return {
    family: 'llama',
    ...dimensions,
    headDim: dimensions.width / dimensions.heads,
    contextLength: 4096,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [0],
  };
}

/** A GGUF file in Q4_0 of that shape in the folder, where it may be already. */
export async function randomModel(folder: string, config: ModelConfig): Promise<string> {
  const path = join(folder, `random-${countParameters(config).total}.gguf`);
  if (!existsSync(path)) await writeRandomGguf(path, config, 'Q4_0');
  return path;
}

export const sizeOf = (config: ModelConfig): string => countText(countParameters(config).total);

/** A prediction against what was measured. */
export function predictionRow(name: string, predicted: number, measured: number, unit: string): BenchRow {
  return {
    case: name,
    ours: predicted,
    peer: measured,
    peerName: 'measured',
    unit,
    ratio: predicted / measured,
    higherIsBetter: true,
  };
}
