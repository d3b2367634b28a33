import { FtsError } from '../errors/fts-error.ts';
import { byteLengthOf, type TensorData } from '../runtime/onnxruntime/element-type.ts';
import { encodeModel, type ModelRecord } from '../runtime/onnxruntime/model-encoder.ts';
import { type Binding, type BoundTensor, Session, type SessionOptions } from '../runtime/onnxruntime/session.ts';
import type { Graph, GraphNode, Tensor } from './graph.ts';
import { elementsOf } from './shape.ts';

export type Arrays = Readonly<Record<string, TensorData>>;

/** A compiled graph. Bind arrays to its named inputs and outputs, run the binding, then close. */
export class Program {
  readonly #session: Session;
  readonly #inputs: ReadonlyMap<string, Tensor>;
  readonly #outputs: ReadonlyMap<string, Tensor>;

  /**
   * The graphs already use fused kernels, so the runtime must not rewrite them (optimization level 0): it would remove
   * intended transposes and merge recomputed values with the kept ones.
   */
  constructor(graph: Graph, options: SessionOptions = {}) {
    this.#session = new Session(encodeModel(lower(graph)), { optimizationLevel: 0, ...options });
    this.#inputs = new Map(graph.inputs.map((input) => [input.name, input]));
    this.#outputs = graph.outputs;
  }

  bind(inputs: Arrays, outputs: Arrays): Binding {
    return this.#session.bind(bound('input', this.#inputs, inputs), bound('output', this.#outputs, outputs));
  }

  close(): void {
    this.#session.close();
  }
}

/** Compiles a graph, runs it once on the given inputs and returns its outputs. For small graphs and tests. */
export function evaluate(graph: Graph, inputs: Arrays): Record<string, Float32Array> {
  const program = new Program(graph);
  try {
    const outputs = Object.fromEntries(
      [...graph.outputs].map(([name, { shape }]) => [name, new Float32Array(elementsOf(shape))]),
    );
    program.bind(inputs, outputs).run();
    return outputs;
  } finally {
    program.close();
  }
}

function bound(kind: string, declared: ReadonlyMap<string, Tensor>, arrays: Arrays): Record<string, BoundTensor> {
  for (const name of Object.keys(arrays)) {
    if (!declared.has(name)) throw new FtsError('internal', `The graph has no ${kind} ${name}.`);
  }
  return Object.fromEntries(
    [...declared].map(([name, { shape, type }]) => {
      const data = arrays[name];
      if (data === undefined) throw new FtsError('internal', `The ${kind} ${name} is not bound.`);
      const bytes = byteLengthOf(type, elementsOf(shape));
      if (data.byteLength !== bytes) {
        throw new FtsError('internal', `The ${kind} ${name} takes ${bytes} bytes, not ${data.byteLength}.`);
      }
      return [name, { data, shape, type }];
    }),
  );
}

/** The graph as an ONNX model. */
export function lower(graph: Graph): ModelRecord {
  const names = new Map<Tensor, string>();
  const renamed = new Set<Tensor>();
  const aliases: GraphNode[] = [];
  for (const [name, tensor] of graph.outputs) {
    const produced = graph.nodes.some((node) => node.outputs.includes(tensor));
    if (produced && !renamed.has(tensor)) {
      names.set(tensor, name); // the producing kernel writes straight into the output
      renamed.add(tensor);
    } else {
      const alias = { ...tensor, name };
      aliases.push({ operator: 'Identity', domain: '', inputs: [tensor], outputs: [alias], attributes: {} });
    }
  }
  const nameOf = (tensor: Tensor | undefined): string =>
    tensor === undefined ? '' : (names.get(tensor) ?? tensor.name);
  return {
    nodes: [...inRunningOrder(graph), ...aliases].map((node) => ({
      operator: node.operator,
      domain: node.domain,
      inputs: node.inputs.map(nameOf),
      outputs: node.outputs.map(nameOf),
      attributes: node.attributes,
    })),
    constants: graph.constants.map(({ tensor, data }) => ({ ...tensor, data })),
    inputs: graph.inputs,
    outputs: [...graph.outputs].map(([name, tensor]) => ({ ...tensor, name })),
  };
}

/**
 * ONNX Runtime orders kernels by a depth-first walk from the results, the last node first. So the nodes that make
 * results are placed last, in reverse order: each weight gradient is then computed as soon as its inputs exist, while
 * they are in the CPU cache, and not after the whole backward pass.
 */
function inRunningOrder(graph: Graph): GraphNode[] {
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  const isResult = (node: GraphNode): boolean =>
    node.outputs.every((output) => output === undefined || !used.has(output));
  return [...graph.nodes.filter((node) => !isResult(node)), ...graph.nodes.filter(isResult).toReversed()];
}
