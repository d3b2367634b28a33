import { dequantizeMatrix, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import type { CalibrationStreams } from '../calibration/calibration-streams.ts';
import { type InputHessian, inputHessian } from '../calibration/input-hessian.ts';
import { quadraticError, scaleBlockForActivations } from '../rounding/awq.ts';
import { correctedWeight } from '../rounding/corrected-weight.ts';
import { gptq } from '../rounding/gptq.ts';
import { refineRounding } from '../rounding/refine-rounding.ts';
import { type RoundingSettings, roundToNearest } from '../rounding/rounding-grid.ts';
import type { QuantizationSettings } from '../settings.ts';
import { blockOf, LinearWeight, nameInBlock } from './block-weights.ts';
import type { QuantizedPart } from './quantized-part.ts';

export interface BlockJob {
  config: ModelConfig;
  model: ModelParameters;
  settings: QuantizationSettings;
  products: MatrixProducts;
  layer: number;
}

/** Bits of a linear layer: `keepBits` for the modules in `keep`, otherwise `bits`. */
export function bitsOf(name: string, config: ModelConfig, settings: QuantizationSettings): 4 | 8 | 16 {
  const layer = blockOf(name);
  const kept = settings.keep.some((part) => {
    if (part === 'first') return layer === 0;
    if (part === 'last') return layer === config.layers - 1;
    return name.includes(part);
  });
  return kept ? settings.keepBits : settings.bits;
}

/** Rounds every weight of a block to nearest. */
export function roundBlock({ config, model, settings, layer }: BlockJob): QuantizedPart {
  const part: QuantizedPart = { matrices: new Map(), layers: [] };
  for (const { name, layout } of model.specs) {
    if (blockOf(name) !== layer || layout === undefined) continue;
    const weight = new LinearWeight(model, name);
    const rounding = roundingOf(name, config, settings);
    record(part, weight, rounding, (values) =>
      roundToNearest(values, weight.outputs, weight.inputs, rounding!, weight.name),
    );
  }
  return part;
}

/**
 * Quantizes a block by GPTQ or AWQ, stage by stage: each stage gets its inputs from the layers already quantized, and
 * its target is the output of the original model. AWQ first folds its scales into the whole block.
 */
export async function quantizeBlock(job: BlockJob, streams: CalibrationStreams, work: Work): Promise<QuantizedPart> {
  const { config, model, settings, products, layer } = job;
  const part: QuantizedPart = { matrices: new Map(), layers: [] };
  if (settings.method === 'awq') {
    scaleBlockForActivations(products, config, model, layer, await streams.sampleGrams(layer, work), settings);
    streams.rescaled(layer);
  }
  for (const stage of streams.stages) {
    const { gram, errorProduct } = await streams.observe(layer, stage, work);
    let hessian: InputHessian | undefined;
    for (const name of stage.weights) {
      const weight = new LinearWeight(model, nameInBlock(name, layer));
      const rounding = roundingOf(weight.name, config, settings);
      const target = (values: Float32Array): Float32Array => {
        hessian ??= inputHessian(products, gram, stage.inputs, settings, weight.name);
        return correctedWeight(products, values, errorProduct(weight), hessian);
      };
      const round = (values: Float32Array): QuantizedMatrix =>
        settings.method === 'awq'
          ? clipAndRefine(products, values, weight, hessian!, rounding!)
          : gptq(
              products,
              values,
              weight.outputs,
              hessian!,
              { ...rounding!, actOrder: settings.actOrder },
              weight.name,
            );
      record(part, weight, rounding, round, { products, gram, target });
    }
  }
  return part;
}

/** Rounds on grids searched for the least error, which may clip values, then refines codes and scales. */
function clipAndRefine(
  products: MatrixProducts,
  values: Float32Array,
  { outputs, inputs, name }: LinearWeight,
  { gram }: InputHessian,
  rounding: RoundingSettings,
): QuantizedMatrix {
  const importance = Float64Array.from({ length: inputs }, (_, i) => gram[i * inputs + i]!);
  const matrix = roundToNearest(values, outputs, inputs, rounding, name, importance);
  refineRounding(products, matrix, values, gram);
  return matrix;
}

function roundingOf(name: string, config: ModelConfig, settings: QuantizationSettings): RoundingSettings | undefined {
  const { groupSize, symmetric, format } = settings;
  const bits = bitsOf(name, config, settings);
  if (bits === 16) return undefined;
  return { bits, groupSize, symmetric, ...(format === 'gptq' && !symmetric ? { leastZero: 1 } : {}) };
}

/**
 * Rounds one weight, corrected towards the target if there is one, replaces it by the rounded values, records the
 * error.
 */
function record(
  part: QuantizedPart,
  weight: LinearWeight,
  rounding: RoundingSettings | undefined,
  round: (values: Float32Array) => QuantizedMatrix,
  aim?: { products: MatrixProducts; gram: Float32Array; target(values: Float32Array): Float32Array },
): void {
  const { name, outputs, inputs } = weight;
  if (rounding === undefined) {
    part.layers.push({ name, bits: 16 });
    return;
  }
  const values = aim === undefined ? weight.read() : aim.target(weight.read());
  const matrix = round(values);
  const rounded = dequantizeMatrix(matrix);
  part.matrices.set(name, matrix);
  weight.write(rounded);
  if (aim === undefined) {
    part.layers.push({ name, bits: rounding.bits });
    return;
  }
  const { products, gram } = aim;
  for (let i = 0; i < rounded.length; i++) rounded[i]! -= values[i]!;
  const error = quadraticError(products, rounded, outputs, inputs, gram);
  const size = quadraticError(products, values, outputs, inputs, gram);
  part.layers.push({ name, bits: rounding.bits, relativeError: size === 0 ? 0 : error / size });
}
