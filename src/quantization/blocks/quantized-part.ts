import type { QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';

/** The result for one linear layer. */
export interface LayerReport {
  name: string;
  bits: number;
  /**
   * Σ |ΔW x|² / Σ |W x|² on the calibration inputs, where W are the weights corrected for earlier rounding; absent for
   * round-to-nearest, which uses no inputs.
   */
  relativeError?: number;
}

/** The quantized matrices of one block, or of the tables, and how well each was rounded. */
export interface QuantizedPart {
  /** By parameter name; weights kept at 16 bits are not included. */
  matrices: Map<string, QuantizedMatrix>;
  layers: LayerReport[];
}
