import type { QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';

/** What became of one linear layer. */
export interface LayerReport {
  name: string;
  bits: number;
  /**
   * Σ |ΔW x|² / Σ |W x|² on the calibration inputs, of rounding the weights that make up for what was rounded before;
   * absent for round-to-nearest, which sees no inputs.
   */
  relativeError?: number;
}

/** The quantized matrices of one block, or of the tables, and how well each was rounded. */
export interface QuantizedPart {
  /** By parameter name; weights kept at 16 bits have none. */
  matrices: Map<string, QuantizedMatrix>;
  layers: LayerReport[];
}
