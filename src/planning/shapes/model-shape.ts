import { outAndIn, type ParameterRole } from '../../model/architectures/parameter.ts';
import type { FamilyParameter } from '../../model/families/family.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelShape } from '../../model/model-config.ts';

export interface TensorShape {
  role: ParameterRole;
  /** Layer index, or null for a tensor outside the layers. */
  layer: number | null;
  /** Outputs × inputs of the matrix; a vector has one row. */
  rows: number;
  columns: number;
}

const known = new WeakMap<ModelShape, readonly TensorShape[]>();

/** Every parameter tensor of the model. A tied output head is not listed, because it is the token embedding. */
export function parameterTensors(shape: ModelShape): readonly TensorShape[] {
  let tensors = known.get(shape);
  if (tensors === undefined) {
    tensors = familyOf(shape).parameters(shape).map(tensorShape);
    known.set(shape, tensors);
  }
  return tensors;
}

function tensorShape(spec: FamilyParameter): TensorShape {
  const { role, layer } = spec;
  if (spec.shape.length === 1) return { role, layer, rows: 1, columns: spec.shape[0]! };
  const [rows, columns] = outAndIn(spec);
  return { role, layer, rows, columns };
}

export interface ParameterCounts {
  total: number;
  /** Lookup tables: one row is read per token, nothing is multiplied. */
  embedding: number;
  /** Matrices inside the layers. */
  layers: number;
  /** Parameters of the output head, even if it is tied to the embedding. */
  head: number;
  /** Parameters that take part in a multiplication for every token (the N of 2ND and 6ND): layers and head. */
  multiplied: number;
}

/** Exact parameter counts by kind; the total equals that of the published checkpoint. */
export function countParameters(shape: ModelShape): ParameterCounts {
  let total = 0;
  let embedding = 0;
  let layers = 0;
  for (const tensor of parameterTensors(shape)) {
    const count = tensor.rows * tensor.columns;
    total += count;
    if (tensor.role === 'token-embedding' || tensor.role === 'position-embedding') embedding += count;
    else if (tensor.layer !== null && tensor.role !== 'norm' && tensor.role !== 'bias') layers += count;
  }
  const head = shape.vocabSize * shape.width;
  return { total, embedding, layers, head, multiplied: layers + head };
}
