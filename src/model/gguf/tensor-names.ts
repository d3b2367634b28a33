import { bySource, isLinear, isStoredOutIn } from '../architectures/parameter.ts';
import type { FamilyParameter } from '../families/family.ts';
import { familyOf } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';

/** How a checkpoint tensor's numbers become those of the GGUF tensor. */
export type GgufLayout =
  | { kind: 'same' }
  /** The checkpoint keeps matrices as [in, out]. */
  | { kind: 'transposed' }
  /** The file has the number that is added, too (norms whose weights checkpoints keep less 1). */
  | { kind: 'plus'; by: number }
  /**
   * Query and key rows where llama.cpp rotates neighbouring dimensions: checkpoints pair dimension i of a head with
   * i + headDim / 2. So the two halves of each head are interleaved.
   */
  | { kind: 'rotary'; heads: number };

export interface GgufTensor {
  name: string;
  /** Name in the checkpoint. */
  from: string;
  /** The name under which checkpoints are written, where that is another. */
  writtenAs?: string;
  /** Outermost dimension first: matrices are [out, in]. */
  shape: readonly number[];
  layout: GgufLayout;
  role: 'embedding' | 'output' | 'linear' | 'vector' | 'positions';
  /** Written as zeros where the checkpoint has no such tensor: llama.cpp requires it. */
  optional?: true;
}

/** Every tensor that llama.cpp wants of a model, in the order of the network. */
export function ggufTensors(config: ModelConfig): GgufTensor[] {
  const family = familyOf(config);
  const specs = family.parameters(family.asStored(config));
  return [...bySource(specs).values()].map(([spec]) => ggufTensor(spec!, family.gguf.rotaryPairs));
}

function ggufTensor(spec: FamilyParameter, rotaryPairs: 'halves' | 'neighbours'): GgufTensor {
  const { source, gguf, rotaryHeads } = spec;
  const turned = isLinear(spec) && !isStoredOutIn(spec);
  let layout: GgufLayout = turned ? { kind: 'transposed' } : { kind: 'same' };
  if (rotaryHeads !== undefined && rotaryPairs === 'neighbours') layout = { kind: 'rotary', heads: rotaryHeads };
  if (source.plus !== undefined) layout = { kind: 'plus', by: source.plus };
  return {
    name: gguf,
    from: source.tensor,
    ...(source.writtenAs === undefined ? {} : { writtenAs: source.writtenAs }),
    shape: turned ? [...source.shape].reverse() : source.shape,
    layout,
    role: roleOf(spec),
    ...(source.absentMeansZeros === true ? { optional: true } : {}),
  };
}

function roleOf({ role, shape }: FamilyParameter): GgufTensor['role'] {
  if (role === 'token-embedding') return 'embedding';
  if (role === 'output-head') return 'output';
  if (role === 'position-embedding') return 'positions';
  return shape.length === 1 ? 'vector' : 'linear';
}

/**
 * For each row of a GGUF tensor of layout `rotary`, the row of the checkpoint that it is. `rows` are heads times head
 * dimension.
 */
export function rotaryRowOrder(rows: number, heads: number): Int32Array {
  const headDim = rows / heads;
  const half = headDim / 2;
  return Int32Array.from({ length: rows }, (_, row) => {
    const head = Math.floor(row / headDim);
    const within = row % headDim;
    return head * headDim + (within % 2) * half + (within >> 1);
  });
}
