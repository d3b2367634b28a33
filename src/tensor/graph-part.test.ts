import { expect, it } from 'vitest';
import { Graph, type Tensor } from './graph.ts';
import { graphPart } from './graph-part.ts';
import { add } from './primitives/elementwise.ts';
import { evaluate } from './program.ts';

it('keeps what an output needs and drops the rest', () => {
  const graph = new Graph();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => graph.input(name, [2])) as [Tensor, Tensor, Tensor];
  const sum = add(a, b);
  graph.output('sum', sum);
  graph.output('all', add(sum, c));
  const part = graphPart(graph, ['sum']);
  expect(part.inputs.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(part.nodes).toHaveLength(1);
  const result = evaluate(part, { a: Float32Array.of(1, 2), b: Float32Array.of(3, 5) });
  expect(result).toEqual({ sum: Float32Array.of(4, 7) });
});
