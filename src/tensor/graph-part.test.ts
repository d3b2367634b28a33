import { expect, it } from 'vitest';
import { Graph, type Tensor } from './graph.ts';
import { graphPart } from './graph-part.ts';
import { add } from './primitives/elementwise.ts';
import { evaluate } from './program.ts';

const graph = new Graph();
const [a, b, c] = ['a', 'b', 'c'].map((name) => graph.input(name, [2])) as [Tensor, Tensor, Tensor];
const sum = add(a, b);
graph.output('sum', sum);
graph.output('all', add(sum, c));

it('keeps the nodes that an output needs and drops the rest', () => {
  const part = graphPart(graph, ['sum']);
  expect(part.inputs.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(part.nodes).toHaveLength(1);
  const result = evaluate(part, { a: Float32Array.of(1, 2), b: Float32Array.of(3, 5) });
  expect(result).toEqual({ sum: Float32Array.of(4, 7) });
});

it('takes a given output as an input and drops the nodes that compute it', () => {
  const part = graphPart(graph, ['all'], ['sum']);
  expect(part.inputs).toEqual([c, sum]);
  const result = evaluate(part, { c: Float32Array.of(1, 2), [sum.name]: Float32Array.of(10, 20) });
  expect(result).toEqual({ all: Float32Array.of(11, 22) });
});
