import type { Tensor } from '../graph.ts';
import { add, addScaledRows, multiply, scale } from '../primitives/elementwise.ts';
import { reshape } from '../primitives/layout.ts';
import { shapeError } from '../shape.ts';

/**
 * Layer normalization (arXiv:1607.06450) of rows: y = (x - mean) / √(var + epsilon) · weight + bias.
 * With n = (x - mean) / std: dx = (d·w - mean(d·w) - n · mean(d·w·n)) / std.
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor | undefined, epsilon: number): Tensor {
  const [rows, width] = checkRows('layerNorm', x, weight);
  const { graph } = x;
  const ones = graph.once(`ones ${width}`, () => graph.constant(new Float32Array(width).fill(1), [width]));
  const [normalized, , inverseStd] = graph.emitMany(
    'LayerNormalization',
    [x, ones],
    [
      [rows, width],
      [rows, 1],
      [rows, 1],
    ],
    { attributes: { axis: -1, epsilon: { float: epsilon } } },
  ) as [Tensor, Tensor, Tensor];
  const y = graph.withoutTape(() => {
    const scaled = multiply(normalized, weight);
    return bias === undefined ? scaled : add(scaled, bias);
  });
  return graph.derivative(y, bias === undefined ? [x, weight] : [x, weight, bias], (d) => {
    const product = graph.once(`product ${y.name}`, () => multiply(d, normalized));
    return [
      () => {
        const meanWeights = scale(reshape(weight, [width, 1]), -1 / width);
        const negatedMean = graph.emit('MatMul', [d, meanWeights], [rows, 1]);
        const negatedMeanProduct = graph.emit('MatMul', [product, meanWeights], [rows, 1]);
        const centred = add(multiply(d, weight), negatedMean);
        return { values: addScaledRows(centred, normalized, negatedMeanProduct), factors: inverseStd };
      },
      () => weightedRowSum(rowOfOnes(x, rows), product),
      () => weightedRowSum(rowOfOnes(x, rows), d),
    ];
  });
}

/**
 * Root-mean-square normalization (arXiv:1910.07467) of rows: y = x · r · weight with r = 1 / √(mean(x²) + epsilon).
 * dx = d·w·r - x · r³ · mean(d·w·x); dw = Σ d·x·r.
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const [rows, width] = checkRows('rmsNorm', x, weight);
  const { graph } = x;
  const [y, inverse] = graph.emitMany(
    'SimplifiedLayerNormalization',
    [x, weight],
    [
      [rows, width],
      [rows, 1],
    ],
    { attributes: { axis: -1, epsilon: { float: epsilon } } },
  ) as [Tensor, Tensor];
  return graph.derivative(y, [x, weight], (d) => {
    const product = graph.once(`product ${y.name}`, () => multiply(d, x));
    return [
      () => {
        const weighted = graph.emit('MatMul', [product, reshape(weight, [width, 1])], [rows, 1]);
        const cubed = multiply(multiply(inverse, inverse), scale(inverse, -1 / width));
        return [
          { values: multiply(d, weight), factors: inverse },
          { values: x, factors: multiply(weighted, cubed) },
        ];
      },
      () => weightedRowSum(reshape(inverse, [1, rows]), product),
    ];
  });
}

function checkRows(operation: string, x: Tensor, weight: Tensor): [number, number] {
  const [rows, width] = x.shape;
  if (x.shape.length !== 2 || rows === undefined || width === undefined || weight.shape[0] !== width) {
    throw shapeError(operation, [x.shape, weight.shape], 'rows [rows, width] and a weight [width] are needed');
  }
  return [rows, width];
}

function rowOfOnes({ graph }: Tensor, length: number): Tensor {
  return graph.once(`row of ${length} 1`, () => graph.constant(new Float32Array(length).fill(1), [1, length]));
}

/** factors [1, rows] · x [rows, width] as [width]. */
function weightedRowSum(factors: Tensor, x: Tensor): Tensor {
  const width = x.shape[1]!;
  return reshape(x.graph.emit('MatMul', [factors, x], [1, width]), [width]);
}
