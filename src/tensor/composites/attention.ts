import type { Graph, Tensor } from '../graph.ts';
import { add, multiply, subtract } from '../primitives/elementwise.ts';
import { concat, reshape, slice, splitEqually, zeros } from '../primitives/layout.ts';
import { matmul } from '../primitives/matrix.ts';
import { sum } from '../primitives/reduction.ts';
import { softmax } from '../primitives/softmax.ts';
import { shapeError } from '../shape.ts';

/** Added to a score that must not count: far below any score, far from overflow. */
const MASKED = -1e9;

interface AttentionOptions {
  /**
   * Scores' addend [batch, 1, length, length] that says which pairs count, such as `documentMask`'s. Left out, every
   * position sees itself and all before it.
   */
  mask?: Tensor | undefined;
  /** Cuts the queries into so many blocks, each of which computes only the keys that it may see. */
  blocks?: number;
}

/**
 * Causal scaled dot-product attention with grouped queries (arXiv:1706.03762, arXiv:2305.13245): q [batch, heads,
 * length, dim], k and v [batch, kvHeads, length, dim]; the result has q's shape. The queries of a group are stacked
 * along the length, so that keys and values are never repeated.
 * With P the probabilities, O the output, dP = d vᵀ: dS = P · (dP - Σ d·O); dq = s dS k, dk = s dSᵀ q, dv = Pᵀ d.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, { mask, blocks = 1 }: AttentionOptions = {}): Tensor {
  const { graph } = q;
  const [batch, heads, length, dim] = q.shape as [number, number, number, number];
  const kvHeads = k.shape[1]!;
  const group = heads / kvHeads;
  const rows = length / blocks;
  if (!Number.isInteger(group) || !Number.isInteger(rows) || k.shape[2] !== length || v.shape[3] !== dim) {
    throw shapeError('attention', [q.shape, k.shape, v.shape], 'heads, lengths and dimensions must go together');
  }
  const scale = 1 / Math.sqrt(dim);

  // [batch, heads, length, dim] to the blocks' [batch, kvHeads, group · rows, dim], and back
  const toBlocks = (x: Tensor): Tensor[] =>
    blocks === 1
      ? [reshape(x, [batch, kvHeads, group * rows, dim])]
      : splitEqually(reshape(x, [batch * kvHeads, group, length, dim]), 2, blocks).map((block) =>
          reshape(block, [batch, kvHeads, group * rows, dim]),
        );
  const fromBlocks = (parts: readonly Tensor[]): Tensor =>
    blocks === 1
      ? reshape(parts[0]!, q.shape)
      : reshape(
          concat(
            parts.map((part) => reshape(part, [batch * kvHeads, group, rows, dim])),
            2,
          ),
          q.shape,
        );

  return graph.composite([q, k, v], () => {
    const stages = toBlocks(q).map((queries, block) => {
      const seen = (block + 1) * rows;
      const keys = slice(k, 2, 0, seen);
      const values = slice(v, 2, 0, seen);
      const scores = matmul(queries, keys, false, true, scale);
      const addend =
        mask === undefined ? causalBlock(graph, rows, seen) : slice(slice(mask, 2, seen - rows, seen), 3, 0, seen);
      const probabilities = softmax(addMask(scores, addend, group, rows));
      return { queries, keys, values, probabilities, output: matmul(probabilities, values), seen };
    });
    return [
      fromBlocks(stages.map((stage) => stage.output)),
      (d) => {
        const parts = toBlocks(d).map((adjoint, block) => {
          const { queries, keys, values, probabilities, output } = stages[block]!;
          const rowTerm = sum(multiply(adjoint, output), [-1], true);
          const dScores = multiply(subtract(matmul(adjoint, values, false, true), rowTerm), probabilities);
          return {
            dq: matmul(dScores, keys, false, false, scale),
            dk: matmul(dScores, queries, true, false, scale),
            dv: matmul(probabilities, adjoint, true, false),
          };
        });
        return [
          () => fromBlocks(parts.map((part) => part.dq)),
          () => sumOfPrefixes(parts.map((part) => part.dk)),
          () => sumOfPrefixes(parts.map((part) => part.dv)),
        ];
      },
    ];
  });
}

/**
 * The mask of packed sequences: position i sees position j when both are of one document and j is not after i.
 * `documents` [batch, length] numbers the documents; the result is [batch, 1, length, length].
 */
export function documentMask(documents: Tensor): Tensor {
  const { graph } = documents;
  const [batch, length] = documents.shape as [number, number];
  const same = graph.emit(
    'Equal',
    [reshape(documents, [batch, 1, length, 1]), reshape(documents, [batch, 1, 1, length])],
    { shape: [batch, 1, length, length], type: 'bool' },
  );
  return graph.emit(
    'Where',
    [same, causalBlock(graph, length, length), graph.scalar(MASKED)],
    [batch, 1, length, length],
  );
}

/** The last `rows` rows of a causal mask over `seen` positions. */
function causalBlock(graph: Graph, rows: number, seen: number): Tensor {
  return graph.once(`causal ${rows} ${seen}`, () => {
    const data = new Float32Array(rows * seen);
    for (let row = 0; row < rows; row++) data.fill(MASKED, row * seen + seen - rows + row + 1, (row + 1) * seen);
    return graph.constant(data, [rows, seen]);
  });
}

/** Adds a mask [.., rows, seen] to the scores [batch, kvHeads, group · rows, seen] of every head. */
function addMask(scores: Tensor, mask: Tensor, group: number, rows: number): Tensor {
  if (group === 1) return add(scores, mask);
  const [batch, kvHeads, , seen] = scores.shape as [number, number, number, number];
  const perHead = reshape(scores, [batch, kvHeads * group, rows, seen]);
  return reshape(add(perHead, mask), scores.shape);
}

/** Sums tensors that cover growing prefixes of axis 2. */
function sumOfPrefixes(parts: readonly Tensor[]): Tensor {
  return parts.reduce((total, part) => {
    const missing = part.shape[2]! - total.shape[2]!;
    return add(missing === 0 ? total : concat([total, zeros(total, total.shape.with(2, missing))], 2), part);
  });
}
