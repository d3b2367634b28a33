import { architectureOf } from '../model/architectures/architecture.ts';
import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters } from '../model/model-parameters.ts';
import type { QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { Work } from '../runtime/progress.ts';
import { MatrixProducts } from '../tensor/matrix-products.ts';
import { BlockRunner, microBatch } from './block-runner.ts';
import type { CalibrationSet } from './calibration.ts';
import type { LayerStore, QuantizedPart } from './layer-store.ts';
import { awqBlock, type BlockJob, gptqBlock, type LayerReport, roundBlock } from './quantize-block.ts';
import { quantizeTables, type TableCalibration, tableBits } from './quantize-tables.ts';
import { embedSequences, outputGram } from './residual-stream.ts';
import type { QuantizationSettings } from './settings.ts';

export interface QuantizedWeights {
  /** By parameter name: the linear layers of the blocks. Those kept at 16 bits are not here. */
  linear: Map<string, QuantizedMatrix>;
  /** The token embedding and the output layer, which only GGUF files store quantized. */
  tables: Map<string, QuantizedMatrix>;
  layers: LayerReport[];
}

/**
 * Quantizes a model in place: `model` then holds what the quantized model computes with. The tables come first, then
 * the blocks in order, each on the residual stream that everything quantized before it gives. Peak memory: the
 * parameters, the codes, the residual stream and one block.
 */
export async function quantizeModel(
  config: ModelConfig,
  model: ModelParameters,
  calibration: CalibrationSet | undefined,
  settings: QuantizationSettings,
  store: LayerStore | undefined,
  work: Work,
): Promise<QuantizedWeights> {
  const result: QuantizedWeights = { linear: new Map(), tables: new Map(), layers: [] };
  const products = new MatrixProducts();
  let runner: BlockRunner | undefined;
  const createRunner = async (set: CalibrationSet): Promise<BlockRunner> => {
    const shape = microBatch(set.sequences.length, set.length);
    return new BlockRunner(config, model, products, await embedSequences(config, model, set), shape);
  };
  try {
    let tableCalibration: TableCalibration | undefined;
    if (calibration !== undefined && settings.method !== 'rtn') {
      runner = await createRunner(calibration);
      if (tableBits(architectureOf(config).outputTable(config), settings) !== 16) {
        for (let layer = 0; layer < config.layers; layer++) await runner.advance(layer, work);
        const gram = await outputGram(config, model, runner.hidden, calibration, products);
        tableCalibration = { set: calibration, outputGram: gram };
      }
    }
    result.tables = await quantizeTables(config, model, tableCalibration, settings, products, work);
    for (const [name, { bits }] of result.tables) result.layers.push({ name, bits });
    if (runner !== undefined) runner.hidden = await embedSequences(config, model, calibration!);
    for (let layer = 0; layer < config.layers; layer++) {
      const job: BlockJob = { config, model, settings, products, layer };
      const saved = await store?.load(layer, model);
      const part = saved ?? (await quantizeBlock(job, runner, work));
      if (saved === undefined) await store?.save(layer, part, model);
      for (const [name, matrix] of part.matrices) result.linear.set(name, matrix);
      result.layers.push(...part.layers);
      if (layer < config.layers - 1) await runner?.advance(layer, work);
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

async function quantizeBlock(job: BlockJob, runner: BlockRunner | undefined, work: Work): Promise<QuantizedPart> {
  if (runner === undefined) return roundBlock(job);
  return job.settings.method === 'awq' ? awqBlock(job, runner, work) : gptqBlock(job, runner, work);
}
