import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters } from '../model/model-parameters.ts';
import { dequantizeMatrix, type QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { Work } from '../runtime/progress.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import { quadraticError, scaleBlockForActivations } from './awq.ts';
import type { BlockRunner, Stage } from './block-runner.ts';
import { blockOf, LinearWeight, nameInBlock } from './block-weights.ts';
import { gptq } from './gptq.ts';
import { dampedGram, type InputHessian, inputHessian } from './input-hessian.ts';
import type { QuantizedPart } from './layer-store.ts';
import { refineRounding } from './refine-rounding.ts';
import { type RoundingSettings, roundToNearest } from './rounding-grid.ts';
import type { QuantizationSettings } from './settings.ts';

/** What became of one linear layer. */
export interface LayerReport {
  name: string;
  bits: number;
  /** Σ |ΔW x|² / Σ |W x|² on the calibration inputs; absent for round-to-nearest, which sees none. */
  relativeError?: number;
}

export interface BlockJob {
  config: ModelConfig;
  model: ModelParameters;
  settings: QuantizationSettings;
  products: MatrixProducts;
  layer: number;
}

/** Bits of a linear layer: those of the settings, unless it is one of the modules to keep. */
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

/** GPTQ stage by stage: each sees the inputs that the stages already quantized give. */
export async function gptqBlock(job: BlockJob, runner: BlockRunner, work: Work): Promise<QuantizedPart> {
  const { config, model, settings, products, layer } = job;
  const part: QuantizedPart = { matrices: new Map(), layers: [] };
  for (const stage of runner.stages) {
    const gram = (await runner.grams(layer, [stage], work)).get(stage)!;
    let hessian: InputHessian | undefined;
    for (const weight of weightsOf(stage, model, layer)) {
      const rounding = roundingOf(weight.name, config, settings);
      const round = (values: Float32Array): QuantizedMatrix => {
        hessian ??= inputHessian(products, gram, stage.inputs, settings, weight.name);
        const { actOrder } = settings;
        return gptq(products, values, weight.outputs, hessian, { ...rounding!, actOrder }, weight.name);
      };
      record(part, weight, rounding, round, { products, gram });
    }
  }
  return part;
}

/**
 * AWQ: scales folded through the whole block; then, stage by stage as in GPTQ, rounding with clipping and a refinement
 * of codes and scales.
 */
export async function awqBlock(job: BlockJob, runner: BlockRunner, work: Work): Promise<QuantizedPart> {
  const { config, model, settings, products, layer } = job;
  const part: QuantizedPart = { matrices: new Map(), layers: [] };
  const grams = await runner.grams(layer, runner.stages, work);
  scaleBlockForActivations(products, config, model, layer, grams, settings);
  for (const stage of runner.stages) {
    const gram = (await runner.grams(layer, [stage], work)).get(stage)!;
    const damped = dampedGram(gram, stage.inputs, settings.damping);
    const importance = Float64Array.from({ length: stage.inputs }, (_, i) => damped[i * stage.inputs + i]!);
    for (const weight of weightsOf(stage, model, layer)) {
      const rounding = roundingOf(weight.name, config, settings);
      const { outputs, inputs, name } = weight;
      const round = (values: Float32Array): QuantizedMatrix => {
        const matrix = roundToNearest(values, outputs, inputs, rounding!, name, importance);
        refineRounding(products, matrix, values, damped);
        return matrix;
      };
      record(part, weight, rounding, round, { products, gram });
    }
  }
  return part;
}

function weightsOf(stage: Stage, model: ModelParameters, layer: number): LinearWeight[] {
  return stage.weights.map((name) => new LinearWeight(model, nameInBlock(name, layer)));
}

function roundingOf(
  name: string,
  config: ModelConfig,
  { groupSize, symmetric, ...settings }: QuantizationSettings,
): RoundingSettings | undefined {
  const bits = bitsOf(name, config, { groupSize, symmetric, ...settings });
  return bits === 16 ? undefined : { bits, groupSize, symmetric };
}

/** Rounds one weight, puts the rounded values in its place and notes the error. */
function record(
  part: QuantizedPart,
  weight: LinearWeight,
  rounding: RoundingSettings | undefined,
  round: (values: Float32Array) => QuantizedMatrix,
  measure?: { products: MatrixProducts; gram: Float32Array },
): void {
  const { name, outputs, inputs } = weight;
  if (rounding === undefined) {
    part.layers.push({ name, bits: 16 });
    return;
  }
  const values = weight.read();
  const matrix = round(values);
  const rounded = dequantizeMatrix(matrix);
  part.matrices.set(name, matrix);
  weight.write(rounded);
  if (measure === undefined) {
    part.layers.push({ name, bits: rounding.bits });
    return;
  }
  const { products, gram } = measure;
  for (let i = 0; i < rounded.length; i++) rounded[i]! -= values[i]!;
  const error = quadraticError(products, rounded, outputs, inputs, gram);
  const size = quadraticError(products, values, outputs, inputs, gram);
  part.layers.push({ name, bits: rounding.bits, relativeError: size === 0 ? 0 : error / size });
}
