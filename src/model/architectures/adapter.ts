import { FtsError } from '../../errors/fts-error.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { linear } from '../../tensor/primitives/matrix.ts';
import { isLinear, isStoredOutIn, type ParameterSpec } from './parameter.ts';

/** LoRA (arXiv:2106.09685): y = x Wᵀ + alpha / rank · (x Aᵀ) Bᵀ with A [rank, in] and B [out, rank] trained alone. */
export interface AdapterSettings {
  rank: number;
  alpha: number;
  /** Ends of module names, such as `q_proj` or `attn.c_proj`; every linear layer of that name gets an adapter. */
  targets: readonly string[];
}

/**
 * The two factors that are added to one weight. The parts of a fused weight (GPT-2's query, key and value) share A, and
 * each has its rows of B.
 */
export interface AdapterPair {
  weight: ParameterSpec;
  a: ParameterSpec;
  b: ParameterSpec;
}

/** The trainable factors for every targeted layer. Throws `invalid-input` for a target that no layer has. */
export function adapterPairs(parameters: readonly ParameterSpec[], { rank, targets }: AdapterSettings): AdapterPair[] {
  const linears = parameters.filter(isLinear);
  const isTargeted = (spec: ParameterSpec, target: string): boolean => `.${moduleOf(spec)}`.endsWith(`.${target}`);
  for (const target of targets) {
    if (linears.some((spec) => isTargeted(spec, target))) continue;
    throw new FtsError('invalid-input', `The model has no linear layers named ${target}.`, {
      field: 'loraTargets',
      value: target,
      remedy: `Choose from: ${linearNames(parameters).join(', ')}.`,
    });
  }
  return linears
    .filter((spec) => targets.some((target) => isTargeted(spec, target)))
    .map((weight) => adapterPair(weight, rank));
}

/** The parameters of some pairs, a shared one once. */
export function adapterParameters(pairs: readonly AdapterPair[]): ParameterSpec[] {
  return [...new Map(pairs.flatMap(({ a, b }) => [a, b]).map((spec) => [spec.name, spec])).values()];
}

/** The names of all linear layers but the output's: what LoRA adapts when nothing else is said. */
export function linearNames(parameters: readonly ParameterSpec[]): string[] {
  return [...new Set(parameters.filter(isLinear).map((spec) => moduleOf(spec).split('.').at(-1)!))];
}

/** The module that a weight is of, or is a part of, in the checkpoint: `model.layers.0.self_attn.q_proj`. */
function moduleOf({ source }: ParameterSpec): string {
  return source.tensor.replace(/\.weight$/, '');
}

/** The factors of one weight. */
export function adapterPair(weight: ParameterSpec, rank: number): AdapterPair {
  const inOut = weight.layout === 'in-out';
  const [rows, columns] = weight.shape as [number, number];
  const [first, last] = weight.source.shape as [number, number];
  const [out, input] = isStoredOutIn(weight) ? [first, last] : [last, first];
  const part = isStoredOutIn(weight) ? weight.source.rows : weight.source.columns;
  const factor = { role: 'adapter', decay: false, layout: weight.layout! } as const;
  const aName = `${moduleOf(weight)}.lora_A.weight`;
  const bName = `${moduleOf(weight)}.lora_B.weight`;
  const { writtenAs } = weight.source;
  const written = (suffix: string) =>
    writtenAs === undefined ? {} : { writtenAs: writtenAs.replace(/\.weight$/, `.${suffix}.weight`) };
  return {
    weight,
    a: {
      ...factor,
      name: aName,
      shape: inOut ? [rows, rank] : [rank, columns],
      source: { tensor: aName, ...written('lora_A'), shape: [rank, input], transposed: inOut },
      // the deviation of Kaiming's uniform initialization with a = √5, as PEFT does it
      initial: { normalDeviation: 1 / Math.sqrt(3 * input) },
    },
    b: {
      ...factor,
      name: part === undefined ? bName : `${bName}[${part[0]}]`,
      layout: 'out-in',
      shape: [inOut ? columns : rows, rank],
      source: {
        tensor: bName,
        ...written('lora_B'),
        shape: [out, rank],
        transposed: false,
        ...(part === undefined ? {} : { rows: part }),
      },
      initial: 'zeros',
    },
  };
}

/** factor · (x Aᵀ) Bᵀ; parts of a fused weight share the first product. */
export function adapted(x: Tensor, pair: AdapterPair, a: Tensor, b: Tensor, factor: number): Tensor {
  const low = x.graph.once(`${pair.a.name} of ${x.name}`, () => linear(x, a, { layout: pair.a.layout! }));
  return linear(low, b, { factor });
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
