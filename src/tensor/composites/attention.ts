import type { Graph, Tensor } from '../graph.ts';
import { add, addScaledRows, multiply, scale, tanh } from '../primitives/elementwise.ts';
import { concat, reshape, slice, splitEqually, transpose, zeros } from '../primitives/layout.ts';
import { matmul } from '../primitives/matrix.ts';
import { sum } from '../primitives/reduction.ts';
import { softmax } from '../primitives/softmax.ts';
import { type Shape, shapeError } from '../shape.ts';

/** Added to a score that must not count: far below any score, far from overflow. */
const MASKED = -1e9;

interface AttentionOptions {
  /** Elements of one head: the last axis of q, k and v is one head after the other. */
  headDim: number;
  /**
   * Scores' addend [batch, heads or 1, length, length] that says which pairs count, such as `documentMask`'s. Left out,
   * every position sees itself and all before it.
   */
  mask?: Tensor | undefined;
  /** Factor of the scores; left out, 1 / √headDim. */
  scale?: number | undefined;
  /** Every position sees only so many positions, itself and those right before it. */
  window?: number | undefined;
  /** Cuts the queries into so many blocks, each of which computes only the keys that it may see. */
  blocks?: number;
}

/**
 * Causal scaled dot-product attention with grouped queries (arXiv:1706.03762, arXiv:2305.13245): q [batch, length,
 * heads · headDim], k and v [batch, length, kvHeads · headDim]; the result has q's shape. The kernels read heads where
 * they lie and repeat no key or value.
 * With P the probabilities and dP = d vᵀ: dS = P · (dP - Σ P · dP); dq = s dS k, dk = s dSᵀ q, dv = Pᵀ d. The derivative
 * wants a batch of 1: sequences that are trained together lie side by side, as further heads of one.
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
      const seen = (block + 1) * rows;
      const [keys, values] = [slice(k, 1, 0, seen), slice(v, 1, 0, seen)];
      const addend = maskBlock(graph, mask, rows, seen, window);
      const attributes = { q_num_heads: heads, kv_num_heads: kvHeads, scale: { float: scoreScale } };
      const inputs = [queries, keys, values, addend];
      if (!trainable) return { output: graph.emit('Attention', inputs, queries.shape, { attributes }) };
      const [output, , , probabilities] = graph.emitMany(
        'Attention',
        inputs,
        [queries.shape, undefined, undefined, [batch, heads, rows, seen]],
        { attributes: { ...attributes, qk_matmul_output_mode: PROBABILITIES } },
      ) as [Tensor, undefined, undefined, Tensor];
      return { output, saved: { queries, keys, values, probabilities, seen } };
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
          const turned = transpose(reshape(x, [count, positions, headDim]), [1, 0, 2]);
          return reshape(turned, [1, positions, count * headDim]);
        };
        /** [kvHeads, group, headDim, positions] to the rows of keys or values. */
        const inKeyRows = (x: Tensor): Tensor => {
          const [width, positions] = [kvHeads * headDim, x.shape[3]!];
          const perHead = reshape(group === 1 ? x : sum(x, [1]), [width, positions]);
          return reshape(transpose(perHead, [1, 0]), [1, positions, width]);
        };
        const parts = splitEqually(d, 1, blocks).map((part, block) => {
          const { queries, keys, values, probabilities, seen } = stages[block]!.saved!;
          const adjoint = inHeads(part, group);
          const p = reshape(probabilities, [kvHeads, group, rows, seen]);
          const dP = headProduct(adjoint, inHeads(values, 1), {
            interleavedA: true,
            interleavedB: true,
            transposeB: true,
          });
          const weighted = multiply(dP, p);
          const dScores = addScaledRows(weighted, p, negatedRowSums(weighted));
          return {
            dq: inRows(headProduct(dScores, inHeads(keys, 1), { interleavedB: true, factor: scoreScale })),
            dk: inKeyRows(headProduct(inHeads(queries, group), dScores, { ...turnedA, factor: scoreScale })),
            dv: inKeyRows(headProduct(adjoint, p, turnedA)),
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
 * The same attention with scores squeezed to ± `cap` by tanh (Gemma 2, arXiv:2408.00118), from single operations: no
 * kernel squeezes before it masks.
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
  const keysApart = (x: Tensor): Tensor => transpose(reshape(x, [batch, length, kvHeads, headDim]), [0, 2, 1, 3]);
  const queries = reshape(transpose(reshape(q, [batch, length, kvHeads, group, headDim]), [0, 2, 3, 1, 4]), [
    batch,
    kvHeads,
    group * length,
    headDim,
  ]);
  const factor = options.scale ?? 1 / Math.sqrt(headDim);
  const capped = scale(tanh(matmul(queries, keysApart(k), false, true, factor / cap)), cap);
  const apart = reshape(capped, [batch, kvHeads * group, length, length]);
  const masked = add(apart, maskBlock(graph, mask, length, length, window));
  const probabilities = reshape(softmax(masked), queries.shape.with(-1, length));
  const mixed = reshape(matmul(probabilities, keysApart(v)), [batch, kvHeads, group, length, headDim]);
  return reshape(transpose(mixed, [0, 3, 1, 2, 4]), q.shape);
}

/** The mode in which the kernel hands out the scores after the softmax. */
const PROBABILITIES = 3;

interface HeadProductOptions {
  /** [rows, kvHeads, group, columns], as it lies in the residual stream, and not [kvHeads, group, rows, columns]. */
  interleavedA?: boolean;
  interleavedB?: boolean;
  transposeA?: boolean;
  transposeB?: boolean;
  factor?: number;
}

/**
 * The first operand of a gradient of keys or values, which is made transposed: the kernel turns that operand as it reads
 * it, and the queries are fewer numbers than the scores.
 */
const turnedA = { interleavedA: true, transposeA: true } as const;

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

/** -Σ over the last axis, which stays as 1: as a product, which is faster than a reduction. */
function negatedRowSums(x: Tensor): Tensor {
  const { graph, shape } = x;
  const columns = shape.at(-1)!;
  const ones = graph.once(`column of ${columns} -1`, () =>
    graph.constant(new Float32Array(columns).fill(-1), [columns, 1]),
  );
  return graph.emit('MatMul', [x, ones], shape.with(-1, 1));
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

/** The last `rows` rows of the mask over `seen` positions. */
function maskBlock(
  graph: Graph,
  mask: Tensor | undefined,
  rows: number,
  seen: number,
  window: number | undefined,
): Tensor {
  const near = window === undefined || window >= seen ? undefined : window;
  if (mask === undefined) return causalBlock(graph, rows, seen, near);
  const part = slice(slice(mask, 2, seen - rows, seen), 3, 0, seen);
  return near === undefined ? part : add(part, causalBlock(graph, rows, seen, near));
}

/** The last `rows` rows of a causal mask over `seen` positions, of which each sees `window` at the most. */
function causalBlock(graph: Graph, rows: number, seen: number, window = seen): Tensor {
  return graph.once(`causal ${rows} ${seen} ${window}`, () => {
    const data = new Float32Array(rows * seen);
    for (let row = 0; row < rows; row++) {
      const position = seen - rows + row;
      data.fill(MASKED, row * seen + position + 1, (row + 1) * seen);
      if (position >= window) data.fill(MASKED, row * seen, row * seen + position + 1 - window);
    }
    return graph.constant(data, [rows, seen]);
  });
}

/** Sums tensors that cover growing prefixes of axis 1. */
function sumOfPrefixes(parts: readonly Tensor[]): Tensor {
  return parts.reduce((total, part) => {
    const missing = part.shape[1]! - total.shape[1]!;
    return add(missing === 0 ? total : concat([total, zeros(total, total.shape.with(1, missing))], 1), part);
  });
}
