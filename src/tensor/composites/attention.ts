import type { Graph, Tensor } from '../graph.ts';
import { add, addScaledRows, multiply, scale, tanh } from '../primitives/elementwise.ts';
import { concat, reshape, slice, splitEqually, transpose, zeros } from '../primitives/layout.ts';
import { matmul } from '../primitives/matrix.ts';
import { sum } from '../primitives/reduction.ts';
import { softmax } from '../primitives/softmax.ts';
import { type Shape, shapeError } from '../shape.ts';

/** Added to masked scores: far below any score, but far from overflow. */
const MASKED = -1e9;

interface AttentionOptions {
  /** Elements of one head; the last axis of q, k and v holds the heads one after the other. */
  headDim: number;
  /**
   * Mask added to the scores, [batch, heads or 1, length, length], such as `documentMask`'s. Default: causal, so that
   * every position attends to itself and all earlier ones.
   */
  mask?: Tensor | undefined;
  /** Factor of the scores; default 1 / √headDim. */
  scale?: number | undefined;
  /** Sliding window: every position attends to at most this many positions, itself included. */
  window?: number | undefined;
  /** Number of query blocks. Each computes only the keys that it may attend to, which saves arithmetic. */
  blocks?: number;
}

/**
 * Causal scaled dot-product attention with grouped queries (arXiv:1706.03762, arXiv:2305.13245): q [batch, length,
 * heads · headDim], k and v [batch, length, kvHeads · headDim]; the result has q's shape. The kernels read heads in
 * place and do not repeat keys or values for the query heads of a group.
 *
 * With P the probabilities and dP = d vᵀ: dS = P · (dP - Σ P · dP); dq = s dS k, dk = s dSᵀ q, dv = Pᵀ d. The derivative
 * requires a batch of 1; to train several sequences together, pass them as additional heads.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { graph } = q;
  const { headDim, mask, window, blocks = 1 } = options;
  const [batch, length, width] = q.shape as [number, number, number];
  const heads = width / headDim;
  const kvHeads = k.shape[2]! / headDim;
  const group = heads / kvHeads;
  const rows = length / blocks;
  if (![heads, kvHeads, group, rows].every(Number.isInteger) || k.shape[1] !== length) {
    throw shapeError('attention', [q.shape, k.shape, v.shape], 'heads, lengths and dimensions must go together');
  }
  const scoreScale = options.scale ?? 1 / Math.sqrt(headDim);

  const trainable = [q, k, v].some((input) => input.trainable);
  return graph.composite([q, k, v], () => {
    const stages = splitEqually(q, 1, blocks).map((queries, block) => {
      const attended = (block + 1) * rows;
      const [keys, values] = [slice(k, 1, 0, attended), slice(v, 1, 0, attended)];
      const addend = maskBlock(graph, mask, rows, attended, window);
      const attributes = { q_num_heads: heads, kv_num_heads: kvHeads, scale: { float: scoreScale } };
      const inputs = [queries, keys, values, addend];
      if (!trainable) return { output: graph.emit('Attention', inputs, queries.shape, { attributes }) };
      const [output, , , probabilities] = graph.emitMany(
        'Attention',
        inputs,
        [queries.shape, undefined, undefined, [batch, heads, rows, attended]],
        { attributes: { ...attributes, qk_matmul_output_mode: PROBABILITIES } },
      ) as [Tensor, undefined, undefined, Tensor];
      return { output, saved: { queries, keys, values, probabilities, attended } };
    });
    const result = concat(
      stages.map(({ output }) => output),
      1,
    );
    return [
      result,
      (d) => {
        if (batch !== 1) throw shapeError('attention', [q.shape], 'only a batch of 1 has a derivative');
        const inHeads = (x: Tensor, ofGroup: number): Tensor => reshape(x, [x.shape[1]!, kvHeads, ofGroup, headDim]);
        const inRows = (x: Tensor): Tensor => {
          const [count, positions] = [x.shape[0]! * x.shape[1]!, x.shape[2]!];
          const transposed = transpose(reshape(x, [count, positions, headDim]), [1, 0, 2]);
          return reshape(transposed, [1, positions, count * headDim]);
        };
        /** [kvHeads, group, headDim, positions] to the rows of keys or values. */
        const inKeyRows = (x: Tensor): Tensor => {
          const [width, positions] = [kvHeads * headDim, x.shape[3]!];
          const perHead = reshape(group === 1 ? x : sum(x, [1]), [width, positions]);
          return reshape(transpose(perHead, [1, 0]), [1, positions, width]);
        };
        const parts = splitEqually(d, 1, blocks).map((part, block) => {
          const { queries, keys, values, probabilities, attended } = stages[block]!.saved!;
          const adjoint = inHeads(part, group);
          const p = reshape(probabilities, [kvHeads, group, rows, attended]);
          const dP = headProduct(adjoint, inHeads(values, 1), {
            interleavedA: true,
            interleavedB: true,
            transposeB: true,
          });
          const weighted = multiply(dP, p);
          const dScores = addScaledRows(weighted, p, negatedRowSums(weighted));
          return {
            dq: inRows(headProduct(dScores, inHeads(keys, 1), { interleavedB: true, factor: scoreScale })),
            dk: inKeyRows(headProduct(inHeads(queries, group), dScores, { ...transposedA, factor: scoreScale })),
            dv: inKeyRows(headProduct(adjoint, p, transposedA)),
          };
        });
        return [
          () =>
            concat(
              parts.map(({ dq }) => dq),
              1,
            ),
          () => sumOfPrefixes(parts.map(({ dk }) => dk)),
          () => sumOfPrefixes(parts.map(({ dv }) => dv)),
        ];
      },
    ];
  });
}

/**
 * The same attention with scores soft-capped to ± `cap` by tanh (Gemma 2, arXiv:2408.00118), built from single
 * operations because no fused kernel applies the cap before the mask.
 */
export function cappedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { headDim, mask, window, cap, ...options }: Omit<AttentionOptions, 'blocks'> & { cap: number },
): Tensor {
  const { graph } = q;
  const [batch, length, width] = q.shape as [number, number, number];
  const kvHeads = k.shape[2]! / headDim;
  const group = width / headDim / kvHeads;
  const headsFirst = (x: Tensor): Tensor => transpose(reshape(x, [batch, length, kvHeads, headDim]), [0, 2, 1, 3]);
  const queries = reshape(transpose(reshape(q, [batch, length, kvHeads, group, headDim]), [0, 2, 3, 1, 4]), [
    batch,
    kvHeads,
    group * length,
    headDim,
  ]);
  const factor = options.scale ?? 1 / Math.sqrt(headDim);
  const capped = scale(tanh(matmul(queries, headsFirst(k), false, true, factor / cap)), cap);
  const perHead = reshape(capped, [batch, kvHeads * group, length, length]);
  const masked = add(perHead, maskBlock(graph, mask, length, length, window));
  const probabilities = reshape(softmax(masked), queries.shape.with(-1, length));
  const mixed = reshape(matmul(probabilities, headsFirst(v)), [batch, kvHeads, group, length, headDim]);
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), q.shape);
}

/** The value of `qk_matmul_output_mode` for which the kernel also outputs the scores after the softmax. */
const PROBABILITIES = 3;

interface HeadProductOptions {
  /** The operand is [rows, kvHeads, group, columns], as in the residual stream, not [kvHeads, group, rows, columns]. */
  interleavedA?: boolean;
  interleavedB?: boolean;
  transposeA?: boolean;
  transposeB?: boolean;
  factor?: number;
}

/**
 * Options for the gradients of keys and values, which are computed transposed: the kernel transposes its first operand
 * while reading it, and the queries are smaller than the scores.
 */
const transposedA = { interleavedA: true, transposeA: true } as const;

/** factor · a b for every head, [kvHeads, group, rows, columns]; the group of b may be 1. */
function headProduct(a: Tensor, b: Tensor, options: HeadProductOptions): Tensor {
  const { interleavedA = false, interleavedB = false, transposeA = false, transposeB = false, factor = 1 } = options;
  const axes = ({ shape }: Tensor, interleaved: boolean): Shape =>
    interleaved ? [shape[1]!, shape[2]!, shape[0]!, shape[3]!] : shape;
  const [kvHeads, group, rowsOfA, columnsOfA] = axes(a, interleavedA) as [number, number, number, number];
  const [, , rowsOfB, columnsOfB] = axes(b, interleavedB) as [number, number, number, number];
  const attributes = {
    transA: transposeA ? 1 : 0,
    transB: transposeB ? 1 : 0,
    transBatchA: interleavedA ? 1 : 0,
    transBatchB: interleavedB ? 1 : 0,
    alpha: { float: factor },
  };
  const shape = [kvHeads, group, transposeA ? columnsOfA : rowsOfA, transposeB ? rowsOfB : columnsOfB];
  return a.graph.emit('FusedMatMul', [a, b], shape, { attributes, domain: 'com.microsoft' });
}

/** -Σ over the last axis, which becomes 1, computed as a matrix product because that is faster than a reduction. */
function negatedRowSums(x: Tensor): Tensor {
  const { graph, shape } = x;
  const columns = shape.at(-1)!;
  const ones = graph.once(`column of ${columns} -1`, () =>
    graph.constant(new Float32Array(columns).fill(-1), [columns, 1]),
  );
  return graph.emit('MatMul', [x, ones], shape.with(-1, 1));
}

/**
 * The mask of packed sequences: position i attends to position j if both belong to the same document and j ≤ i.
 * `documents` [batch, length] holds document numbers; the result is [batch, 1, length, length].
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

/** The last `rows` rows of the mask over the first `attended` positions. */
function maskBlock(
  graph: Graph,
  mask: Tensor | undefined,
  rows: number,
  attended: number,
  window: number | undefined,
): Tensor {
  const narrow = window === undefined || window >= attended ? undefined : window;
  if (mask === undefined) return causalBlock(graph, rows, attended, narrow);
  const part = slice(slice(mask, 2, attended - rows, attended), 3, 0, attended);
  return narrow === undefined ? part : add(part, causalBlock(graph, rows, attended, narrow));
}

/** The last `rows` rows of a causal mask over `attended` positions; each row attends to at most `window` of them. */
function causalBlock(graph: Graph, rows: number, attended: number, window = attended): Tensor {
  return graph.once(`causal ${rows} ${attended} ${window}`, () => {
    const data = new Float32Array(rows * attended);
    for (let row = 0; row < rows; row++) {
      const position = attended - rows + row;
      data.fill(MASKED, row * attended + position + 1, (row + 1) * attended);
      if (position >= window) data.fill(MASKED, row * attended, row * attended + position + 1 - window);
    }
    return graph.constant(data, [rows, attended]);
  });
}

/** Sums tensors that cover prefixes of axis 1, shortest first. */
function sumOfPrefixes(parts: readonly Tensor[]): Tensor {
  return parts.reduce((total, part) => {
    const missing = part.shape[1]! - total.shape[1]!;
    return add(missing === 0 ? total : concat([total, zeros(total, total.shape.with(1, missing))], 1), part);
  });
}
