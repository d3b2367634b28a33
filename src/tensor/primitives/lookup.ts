import type { Tensor } from '../graph.ts';
import { shapeError } from '../shape.ts';
import { reshape } from './layout.ts';

/**
 * Rows `ids` [count] of a table [rows, width] as [count, width]. The table's gradient is a set of row additions, so
 * the table must be an input of the graph.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  if (table.shape.length !== 2 || ids.shape.length !== 1) {
    throw shapeError('embedding', [table.shape, ids.shape], 'a matrix and a list of row numbers are needed');
  }
  const y = table.graph.emit('Gather', [table, ids], [ids.shape[0]!, table.shape[1]!]);
  return table.graph.derivative(y, [table], (d) => [() => ({ ids, rows: d })]);
}

/** x[i, columns[i]] for x [rows, width] as [rows, 1]. Has no derivative; the losses that use it have their own. */
export function pickColumns(x: Tensor, columns: Tensor): Tensor {
  const rows = x.shape[0]!;
  return x.graph.emit('GatherElements', [x, reshape(columns, [rows, 1])], [rows, 1], { attributes: { axis: 1 } });
}
