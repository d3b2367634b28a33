import { afterAll, expect, it } from 'vitest';
import { mulberry32 } from '../../random/mulberry32.ts';
import { MatrixProducts } from '../../tensor/matrix-products.ts';
import { inputHessian } from '../calibration/input-hessian.ts';
import { correctedWeight } from './corrected-weight.ts';

const products = new MatrixProducts();
afterAll(() => products.close());

it('finds the weights that give the target outputs for perturbed inputs', () => {
  const [tokens, inputs, outputs] = [200, 12, 5];
  const random = mulberry32(11);
  const uniform = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * random() - 1);
  const x = uniform(tokens * inputs).map((value, i) => value * (1 + (i % inputs)));
  const [weights, wanted] = [uniform(outputs * inputs), uniform(outputs * inputs)];
  const sum = (left: (t: number, i: number) => number, rows: number): Float32Array => {
    const out = new Float32Array(rows * inputs);
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < inputs; j++) out[i * inputs + j]! += left(t, i) * x[t * inputs + j]!;
      }
    }
    return out;
  };
  const gram = sum((t, i) => x[t * inputs + i]!, inputs);
  const lacking = (t: number, output: number): number => {
    let value = 0;
    for (let i = 0; i < inputs; i++) {
      value += (wanted[output * inputs + i]! - weights[output * inputs + i]!) * x[t * inputs + i]!;
    }
    return value;
  };
  const hessian = inputHessian(products, gram, inputs, { damping: 1e-6, actOrder: true }, 'w');
  const corrected = correctedWeight(products, weights, sum(lacking, outputs), hessian);
  for (const [i, value] of corrected.entries()) expect(value).toBeCloseTo(wanted[i]!, 3);
});
