import { FtsError } from '../errors/fts-error.ts';
import type { Adjoint, RowGradient, Tensor } from './graph.ts';
import { add, addScaledRows, multiply } from './primitives/elementwise.ts';

/** The gradient of one parameter: a dense tensor of its shape, additions to some of its rows, or both. */
export interface ParameterGradient {
  dense: Tensor | undefined;
  rows: readonly RowGradient[];
}

/**
 * Reverse-mode differentiation of a scalar: walks the tape backwards and appends the backward part to the same graph.
 * Row gradients of tables are returned separately and added outside the graph, because ONNX Runtime's ScatterND loses
 * additions to repeated rows when it runs on several threads.
 */
export function gradient(loss: Tensor, parameters: readonly Tensor[]): ParameterGradient[] {
  const { graph } = loss;
  if (loss.shape.length !== 0) throw new FtsError('internal', 'Only a scalar has a gradient.');
  const adjoints = new Map<Tensor, Adjoint[]>();
  const total = (tensor: Tensor): ParameterGradient => {
    const all = adjoints.get(tensor) ?? [];
    let dense: Tensor | undefined;
    for (const adjoint of all) if ('graph' in adjoint) dense = dense === undefined ? adjoint : add(dense, adjoint);
    for (const adjoint of all) {
      if (!('factors' in adjoint)) continue;
      const { values, factors } = adjoint;
      dense = dense === undefined ? multiply(values, factors) : addScaledRows(dense, values, factors);
    }
    return { dense, rows: all.filter((adjoint) => 'rows' in adjoint) };
  };
  return graph.withoutTape(() => {
    adjoints.set(loss, [graph.scalar(1)]);
    for (const { output, inputs, rule } of graph.tape.toReversed()) {
      const { dense, rows } = total(output);
      if (rows.length > 0) throw new FtsError('internal', 'A lookup table must be an input of the graph.');
      if (dense === undefined) continue; // not upstream of this loss
      const parts = rule(dense);
      for (const [index, input] of inputs.entries()) {
        const part = parts[index];
        if (!input.trainable || part === undefined) continue;
        adjoints.set(input, [...(adjoints.get(input) ?? []), ...[part()].flat()]);
      }
      adjoints.delete(output);
    }
    return parameters.map(total);
  });
}
