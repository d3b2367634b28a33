import { FtsError } from '../../errors/fts-error.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { linear } from '../../tensor/primitives/matrix.ts';
import type { ParameterSpec } from './parameter.ts';

/** LoRA (arXiv:2106.09685): y = x Wᵀ + alpha / rank · (x Aᵀ) Bᵀ with A [rank, in] and B [out, rank] trained alone. */
export interface AdapterSettings {
  rank: number;
  alpha: number;
  /** Last parts of module names, such as `q_proj`; every linear layer of that name gets an adapter. */
  targets: readonly string[];
}

/** The two factors that are added to one weight. */
export interface AdapterPair {
  weight: ParameterSpec;
  a: ParameterSpec;
  b: ParameterSpec;
}

/** The module of a weight: `model.layers.0.self_attn.q_proj`. */
export const moduleOf = (weightName: string): string => weightName.replace(/\.weight$/, '');

/** The trainable factors for every targeted layer. Throws `invalid-input` for a target that no layer has. */
export function adapterPairs(parameters: readonly ParameterSpec[], { rank, targets }: AdapterSettings): AdapterPair[] {
  // GPT-2's fused projection is three parameters here and one module elsewhere: it cannot carry one adapter.
  const linears = parameters.filter(({ layout, source }) => layout !== undefined && source.columns === undefined);
  const nameOf = (spec: ParameterSpec): string => moduleOf(spec.name).split('.').at(-1)!;
  const known = [...new Set(linears.map(nameOf))].filter((name) => name !== 'lm_head');
  for (const target of targets) {
    if (known.includes(target)) continue;
    throw new FtsError('invalid-input', `The model has no linear layers named ${target}.`, {
      field: 'targets',
      value: target,
      remedy: `Choose from: ${known.join(', ')}.`,
    });
  }
  return linears
    .filter((spec) => targets.includes(nameOf(spec)))
    .map((weight) => {
      const inOut = weight.layout === 'in-out';
      const [rows, columns] = weight.shape as [number, number];
      const [out, input] = outAndIn(weight);
      const factor = { decay: false, layout: weight.layout! };
      const aName = `${moduleOf(weight.name)}.lora_A.weight`;
      const bName = `${moduleOf(weight.name)}.lora_B.weight`;
      return {
        weight,
        a: {
          ...factor,
          name: aName,
          shape: inOut ? [rows, rank] : [rank, columns],
          source: { tensor: aName, shape: [rank, input], transposed: inOut },
          // the deviation of Kaiming's uniform initialization with a = √5, as PEFT does it
          initial: { normalDeviation: 1 / Math.sqrt(3 * input) },
        },
        b: {
          ...factor,
          name: bName,
          layout: 'out-in',
          shape: [inOut ? columns : rows, rank],
          source: { tensor: bName, shape: [out, rank], transposed: false },
          initial: 'zeros',
        },
      };
    });
}

/** Output and input features of a linear weight as a module has them. */
function outAndIn({ source, layout }: ParameterSpec): [number, number] {
  const [first, second] = source.shape as [number, number];
  const sourceIsOutIn = (layout === 'out-in') !== source.transposed;
  return sourceIsOutIn ? [first, second] : [second, first];
}

/** alpha / rank · (x Aᵀ) Bᵀ. */
export function adapted(x: Tensor, pair: AdapterPair, a: Tensor, b: Tensor, { alpha, rank }: AdapterSettings): Tensor {
  return linear(linear(x, a, { layout: pair.a.layout! }), b, { factor: alpha / rank });
}

/** Adds an adapter's product to a weight in place: what merging is. */
export function mergeInto(
  weight: Float32Array,
  pair: AdapterPair,
  a: Float32Array,
  b: Float32Array,
  factor: number,
): void {
  const inOut = pair.weight.layout === 'in-out';
  const [rows, columns] = pair.weight.shape as [number, number];
  const rank = pair.b.shape[1]!;
  const row = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const left = factor * (inOut ? a[r * rank + k]! : b[r * rank + k]!);
      if (left === 0) continue;
      for (let c = 0; c < columns; c++) row[c]! += left * (inOut ? b[c * rank + k]! : a[k * columns + c]!);
    }
    for (let c = 0; c < columns; c++) weight[r * columns + c]! += row[c]!;
  }
}
