import { outputTable } from '../model/architectures/parameter.ts';
import type { QuantizedMatrix } from '../model/checkpoint/quantized-matrix.ts';
import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters, OwnParameters } from '../model/model-parameters.ts';
import type { Work } from '../runtime/progress.ts';
import { MatrixProducts } from '../tensor/matrix-products.ts';
import { BlockRunner, microBatch, parametersInModel } from './blocks/block-runner.ts';
import type { LayerStore } from './blocks/layer-store.ts';
import { type BlockJob, quantizeBlock, roundBlock } from './blocks/quantize-block.ts';
import type { LayerReport } from './blocks/quantized-part.ts';
import { type CalibrationSet, someSequences } from './calibration/calibration.ts';
import { CalibrationStreams } from './calibration/calibration-streams.ts';
import { embedSequences, outputGram } from './calibration/residual-stream.ts';
import { quantizeTables, type TableCalibration, tableBits } from './formats/quantize-tables.ts';
import type { QuantizationSettings } from './settings.ts';

/** Calibration sequences that are run through the whole model to calibrate the output table. */
const tableSequences = 16;

export interface QuantizedWeights {
  /** The linear layers of the blocks by parameter name; those kept at 16 bits are not included. */
  linear: Map<string, QuantizedMatrix>;
  /** The token embedding and the output layer, which only GGUF files store quantized. */
  tables: Map<string, QuantizedMatrix>;
  layers: LayerReport[];
}

/**
 * Quantizes a model in place: `model` then holds the dequantized weights. The tables come first, then the blocks in
 * order, each calibrated on the residual stream of the model quantized so far. With a store, the weights of a block are
 * deleted from `model` once it is finished. Peak memory: the parameters, a few residual streams and one block.
 */
export async function quantizeModel(
  config: ModelConfig,
  model: OwnParameters,
  calibration: CalibrationSet | undefined,
  settings: QuantizationSettings,
  store: LayerStore | undefined,
  work: Work,
): Promise<QuantizedWeights> {
  const result: QuantizedWeights = { linear: new Map(), tables: new Map(), layers: [] };
  const products = new MatrixProducts();
  const calibrated = settings.method === 'rtn' ? undefined : calibration;
  const runner =
    calibrated && new BlockRunner(config, model, microBatch(calibrated.sequences.length, calibrated.length));
  try {
    const original = calibrated && (await embedSequences(config, model, calibrated));
    const tableCalibration = calibrated && (await calibrateTables(config, model, calibrated, settings, products, work));
    result.tables = await quantizeTables(config, model, tableCalibration, settings, products, work);
    for (const [name, { bits }] of result.tables) result.layers.push({ name, bits });
    let streams: CalibrationStreams | undefined;
    if (runner !== undefined) {
      const hidden = await embedSequences(config, model, calibrated!);
      streams = new CalibrationStreams(model, runner, products, { hidden, original: original!, config });
    }
    for (let layer = 0; layer < config.layers; layer++) {
      const job: BlockJob = { config, model, settings, products, layer };
      streams?.enter(layer);
      const saved = await store?.load(layer, model);
      const part = saved ?? (streams === undefined ? roundBlock(job) : await quantizeBlock(job, streams, work));
      if (saved === undefined) await store?.save(layer, part, model);
      for (const [name, matrix] of part.matrices) result.linear.set(name, matrix);
      result.layers.push(...part.layers);
      if (layer < config.layers - 1) await streams?.advance(layer, work);
      if (store !== undefined) for (const name of part.matrices.keys()) model.arrays.delete(name);
      const errors = part.layers.flatMap(({ relativeError }) => relativeError ?? []);
      work.report({
        stage: `quantize (${settings.method})`,
        done: layer + 1,
        total: config.layers,
        unit: 'layers',
        ...(errors.length === 0 ? {} : { metrics: { relativeError: Math.max(...errors) } }),
      });
    }
  } finally {
    runner?.close();
    products.close();
  }
  return result;
}

/** Calibration data for the output table; undefined if it stays at 16 bits. */
async function calibrateTables(
  config: ModelConfig,
  model: ModelParameters,
  calibration: CalibrationSet,
  settings: QuantizationSettings,
  products: MatrixProducts,
  work: Work,
): Promise<TableCalibration | undefined> {
  if (tableBits(outputTable(model.specs).name, settings) === 16) return undefined;
  const set = someSequences(calibration, tableSequences);
  const runner = new BlockRunner(config, model, microBatch(set.sequences.length, set.length));
  try {
    let hidden = await embedSequences(config, model, set);
    for (let layer = 0; layer < config.layers; layer++) {
      hidden = await runner.advance(parametersInModel(model, layer), { hidden }, work);
    }
    return { set, outputGram: await outputGram(config, model, hidden, set, products) };
  } finally {
    runner.close();
  }
}
