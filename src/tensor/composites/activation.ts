import type { Tensor } from '../graph.ts';
import { add, erf, exp, multiply, scale, sigmoid, subtract, tanh } from '../primitives/elementwise.ts';

/**
 * √2 · GELU(√2 · z) = z (1 + erf z), the exact GELU (arXiv:1606.08415) for a caller that folds the factor 1/√2 into
 * the matrix products before and after it. dz = d · (1 + erf z + z · 2/√π · e^(-z²)).
 */
export function geluOfScaled(z: Tensor): Tensor {
  const { graph } = z;
  return graph.composite([z], () => {
    const factor = add(erf(z), graph.scalar(1));
    const y = multiply(z, factor);
    return [
      y,
      (d) => {
        // 2/√π is folded into the exponent, which saves a multiplication over the whole tensor
        const bell = exp(subtract(graph.scalar(Math.log(2 / Math.sqrt(Math.PI))), multiply(z, z)));
        return [() => multiply(d, add(multiply(z, bell), factor))];
      },
    ];
  });
}

/** GELU by its tanh approximation (`gelu_new` of GPT-2): x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))). */
export function geluTanh(x: Tensor): Tensor {
  const { graph } = x;
  const root = Math.sqrt(2 / Math.PI);
  const cubic = 0.044715;
  return graph.composite([x], () => {
    const square = multiply(x, x);
    const inner = multiply(x, add(scale(square, root * cubic), graph.scalar(root)));
    const t = tanh(inner);
    const gate = add(scale(t, 0.5), graph.scalar(0.5));
    const y = multiply(x, gate);
    return [
      y,
      (d) => {
        const slope = add(scale(square, 1.5 * root * cubic), graph.scalar(0.5 * root));
        const tangent = multiply(multiply(x, slope), subtract(graph.scalar(1), multiply(t, t)));
        return [() => multiply(d, add(gate, tangent))];
      },
    ];
  });
}

/** GeGLU (arXiv:2002.05202) by GELU's tanh approximation: gelu(gate) · up. */
export function geGlu(gate: Tensor, up: Tensor): Tensor {
  return multiply(geluTanh(gate), up);
}

/** SwiGLU (arXiv:2002.05202): silu(gate) · up with silu(x) = x · sigmoid(x). */
export function swiGlu(gate: Tensor, up: Tensor): Tensor {
  const { graph } = gate;
  return graph.composite([gate, up], () => {
    // x · sigmoid(1 · x) in one pass; the derivative recomputes the sigmoid, which costs less than keeping it
    const kernel = { attributes: { alpha: { float: 1 } }, domain: 'com.microsoft' } as const;
    const silu = graph.emit('QuickGelu', [gate], gate.shape, kernel);
    const y = multiply(silu, up);
    return [
      y,
      (d) => [
        () => {
          const s = sigmoid(gate);
          return multiply(multiply(d, up), add(s, multiply(silu, subtract(graph.scalar(1), s))));
        },
        () => multiply(d, silu),
      ],
    ];
  });
}
