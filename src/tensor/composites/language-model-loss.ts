import type { Tensor } from '../graph.ts';
import { exp, multiply, negate, subtract } from '../primitives/elementwise.ts';
import { pickColumns } from '../primitives/lookup.ts';
import { gemm, productOverRows } from '../primitives/matrix.ts';
import { sum } from '../primitives/reduction.ts';
import { logSoftmax } from '../primitives/softmax.ts';
import { elementsOf, shapeError } from '../shape.ts';

/**
 * Logits of every token of the vocabulary: hidden [rows, width] times the output table [vocabulary, width]. Rows of the
 * table from `vocabSize` on are padding and get logits so low that their probability is exactly 0.
 */
export function vocabularyLogits(hidden: Tensor, table: Tensor, vocabSize: number): Tensor {
  const { graph } = hidden;
  const rows = table.shape[0]!;
  if (rows < vocabSize) throw shapeError('logits', [table.shape], `the vocabulary has ${vocabSize} tokens`);
  const addend =
    rows === vocabSize
      ? undefined
      : graph.once('padded vocabulary', () => graph.constant(new Float32Array(rows).fill(-1e9, vocabSize), [rows]));
  return gemm(hidden, table, { transposeB: true, addend });
}

/**
 * Weighted cross entropy of a language model, -Σ weights · ln p(target), with hidden [rows, width], output table
 * [vocabulary, width], targets [rows] and weights [rows, 1] (1 / number of counted tokens each gives the mean; 0
 * masks). With P the probabilities and Y the one-hot targets, (P - Y) is never stored: dh = w · (P W - W[target]), dW =
 * Pᵀ (w h), and -w h is added to the rows of the targets.
 */
export function languageModelLoss(
  hidden: Tensor,
  table: Tensor,
  targets: Tensor,
  weights: Tensor,
  vocabSize: number,
): Tensor {
  const { graph } = hidden;
  if (elementsOf(weights.shape) !== hidden.shape[0] || weights.shape.length !== 2) {
    throw shapeError('languageModelLoss', [hidden.shape, weights.shape], 'one weight per row is needed');
  }
  return graph.composite([hidden, table], () => {
    const logProbabilities = logSoftmax(vocabularyLogits(hidden, table, vocabSize));
    const loss = negate(sum(multiply(pickColumns(logProbabilities, targets), weights)));
    return [
      loss,
      (d) => {
        const share = multiply(weights, d);
        const probabilities = exp(logProbabilities);
        return [
          () => {
            const targetRows = graph.emit('Gather', [table, targets], hidden.shape);
            return multiply(subtract(gemm(probabilities, table), targetRows), share);
          },
          () => {
            const shared = multiply(hidden, share);
            return [productOverRows(probabilities, shared), { ids: targets, rows: negate(shared) }];
          },
        ];
      },
    ];
  });
}
