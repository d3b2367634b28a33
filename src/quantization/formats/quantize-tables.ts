import { isTable, outputTable } from '../../model/architectures/parameter.ts';
import { dequantizeMatrix, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import { LinearWeight } from '../blocks/block-weights.ts';
import { type CalibrationSet, someSequences } from '../calibration/calibration.ts';
import { inputHessian } from '../calibration/input-hessian.ts';
import { evaluateTokens } from '../evaluation/perplexity.ts';
import { gptq } from '../rounding/gptq.ts';
import { roundToNearest } from '../rounding/rounding-grid.ts';
import type { QuantizationSettings } from '../settings.ts';

/** Calibration data for the tables; round-to-nearest needs none. */
export interface TableCalibration {
  set: CalibrationSet;
  /** Σ x xᵀ [width, width] of the output table's inputs. */
  outputGram: Float32Array;
}

/**
 * Dampings tried for a tied table, which is both looked up and multiplied. The higher the damping, the more every entry
 * counts by itself, as in a lookup. Which role matters more differs between models.
 */
const tiedDampings = [0.3, 2, 12];
/** Calibration sequences on which the candidates are compared. */
const comparedSequences = 4;

/** Bits of the token embedding or the output layer. */
export function tableBits(name: string, { embeddingBits, bits, keep, keepBits }: QuantizationSettings): 4 | 8 | 16 {
  const isKept = keep.some((part) => part !== 'first' && part !== 'last' && name.includes(part));
  return isKept ? keepBits : (embeddingBits ?? bits);
}

/**
 * Quantizes the token embedding and the output layer in place and returns them by parameter name. The output layer is
 * quantized by GPTQ, a separate embedding by rounding to nearest on searched grids. A tied table is tried with several
 * dampings, and the one whose next-token distributions diverge least from the original model's is kept.
 */
export async function quantizeTables(
  config: ModelConfig,
  model: ModelParameters,
  calibration: TableCalibration | undefined,
  settings: QuantizationSettings,
  products: MatrixProducts,
  work: Work,
): Promise<Map<string, QuantizedMatrix>> {
  const tables = new Map<string, QuantizedMatrix>();
  // GGUF blocks have 32 values, so tables use that group size whatever the layers use.
  if (config.width % 32 !== 0) return tables;
  const output = outputTable(model.specs).name;
  for (const { name, role } of model.specs) {
    if (!isTable(role)) continue;
    const bits = tableBits(name, settings);
    if (bits === 16) continue;
    const table = new LinearWeight(model, name);
    const { outputs, inputs } = table;
    const { symmetric, actOrder, damping } = settings;
    const rounding = { bits, groupSize: 32, symmetric };
    const values = table.read();
    let matrix: QuantizedMatrix;
    if (calibration === undefined) {
      matrix = roundToNearest(values, outputs, inputs, rounding, name);
    } else if (name !== output) {
      matrix = roundToNearest(values, outputs, inputs, rounding, name, new Float64Array(inputs).fill(1));
    } else {
      const round = (share: number): QuantizedMatrix => {
        const hessian = inputHessian(products, calibration.outputGram, inputs, { damping: share, actOrder }, name);
        return gptq(products, values, outputs, hessian, { ...rounding, actOrder }, name);
      };
      matrix = config.tiedEmbeddings
        ? await leastDivergent(config, model, table, tiedDampings, round, calibration.set, work)
        : round(damping);
    }
    table.write(dequantizeMatrix(matrix));
    tables.set(name, matrix);
  }
  return tables;
}

async function leastDivergent(
  config: ModelConfig,
  model: ModelParameters,
  table: LinearWeight,
  dampings: readonly number[],
  round: (damping: number) => QuantizedMatrix,
  set: CalibrationSet,
  { signal }: Work,
): Promise<QuantizedMatrix> {
  const parameters = { ...model, arrays: new Map(model.arrays) };
  parameters.arrays.set(table.name, model.arrays.get(table.name)!.slice());
  const { sequences, counted, length } = someSequences(set, comparedSequences);
  const tokens = new Int32Array(sequences.length * length);
  const written = new Uint8Array(tokens.length).fill(1);
  for (const [index, sequence] of sequences.entries()) {
    tokens.set(sequence, index * length);
    if (counted !== undefined) written.set(counted[index]!, index * length);
  }
  const windows = { windowTokens: length, strideTokens: length };
  let best: QuantizedMatrix | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const damping of dampings) {
    const matrix = round(damping);
    table.write(dequantizeMatrix(matrix));
    const quiet = { signal, report: () => {} };
    const original = { config, parameters };
    const { reference } = await evaluateTokens(config, model, tokens, windows, quiet, original, written);
    if (best !== undefined && reference!.meanKlDivergence >= least) continue;
    best = matrix;
    least = reference!.meanKlDivergence;
  }
  return best!;
}
