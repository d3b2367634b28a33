import { FtsError } from '../../errors/fts-error.ts';
import { attention, cappedAttention } from '../../tensor/composites/attention.ts';
import { dropout } from '../../tensor/composites/dropout.ts';
import type { Graph, Tensor } from '../../tensor/graph.ts';
import { add } from '../../tensor/primitives/elementwise.ts';
import { reshape } from '../../tensor/primitives/layout.ts';
import { linear } from '../../tensor/primitives/matrix.ts';
import { type Int4Matrix, int4Linear } from '../../tensor/primitives/quantized.ts';
import type { ModelConfig } from '../model-config.ts';
import { attentionBlocks } from './attention-blocks.ts';
import type { ParameterSpec } from './parameter.ts';

/** The part of a graph's inputs that says what is computed: a batch of sequences of equal length. */
export interface SequenceInputs {
  batch: number;
  length: number;
  /**
   * How the rows of every activation follow each other: one sequence after the other, or position after position, each
   * with the rows of all sequences. Gradients are for the latter, where attention finds heads without moving them.
   */
  order: 'sequences' | 'positions';
  /** Token ids [rows]. */
  tokens: Tensor;
  /**
   * Positions where documents are packed; otherwise every sequence counts from 0. One a row: [batch, length] or [length,
   * batch] of int64 for rotations, [rows] of int32 for a table.
   */
  positions?: Tensor;
  /** Which pairs of positions may attend, where documents are packed; see `attention`. */
  mask?: Tensor;
}

/** Adds to the product of a linear layer, which has this factor: how an adapter attaches to a frozen model. */
export type LinearExtension = (weightName: string, x: Tensor, factor: number) => Tensor | undefined;

interface BuilderOptions {
  parameters: readonly ParameterSpec[];
  /** The tensor of a parameter: an input of the graph, or made from inputs (a dequantized weight). */
  parameterTensor(spec: ParameterSpec): Tensor;
  /** A linear weight that is kept in 4 bits. */
  int4?(spec: ParameterSpec): Int4Matrix | undefined;
  dropoutRate?: number;
  extension?: LinearExtension;
}

/** What an architecture writes its graph with: parameters by name, and the layers that all families share. */
export class ModelBuilder {
  readonly graph: Graph;
  readonly config: ModelConfig;
  readonly sequence: SequenceInputs;
  /** Inputs of the linear layers by the weight's name, for calibration. */
  readonly linearInputs = new Map<string, Tensor>();
  /** The number of nodes at the start of each block and after the last, and the tensor that enters there. */
  readonly boundaries: { node: number; tensor: Tensor }[] = [];
  /** The names of the dropout masks that the graph takes as inputs. */
  readonly dropoutMasks: string[] = [];
  readonly #parameters: ReadonlyMap<string, ParameterSpec>;
  readonly #tensors = new Map<string, Tensor>();
  readonly #options: BuilderOptions;

  constructor(graph: Graph, config: ModelConfig, sequence: SequenceInputs, options: BuilderOptions) {
    this.graph = graph;
    this.config = config;
    this.sequence = sequence;
    this.#options = options;
    this.#parameters = new Map(options.parameters.map((spec) => [spec.name, spec]));
  }

  /** What the rows are made of: [batch, length], or [length, batch] where they go by positions. */
  get rowAxes(): readonly [number, number] {
    const { batch, length, order } = this.sequence;
    return order === 'sequences' ? [batch, length] : [length, batch];
  }

  /** Tokens in the batch: rows of every activation. */
  get rows(): number {
    return this.sequence.batch * this.sequence.length;
  }

  parameter(name: string): Tensor {
    let tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      tensor = this.#options.parameterTensor(this.#spec(name));
      this.#tensors.set(name, tensor);
    }
    return tensor;
  }

  /** A bias or another parameter that only some configurations have. */
  optional(name: string): Tensor | undefined {
    return this.#parameters.has(name) ? this.parameter(name) : undefined;
  }

  /** factor · x Wᵀ + biasFactor · bias, and whatever an adapter adds. */
  linear(x: Tensor, weight: string, options: { bias?: string; factor?: number; biasFactor?: number } = {}): Tensor {
    this.linearInputs.set(weight, x);
    const spec = this.#spec(weight);
    const settings = {
      layout: spec.layout ?? 'out-in',
      bias: options.bias === undefined ? undefined : this.optional(options.bias),
      factor: options.factor ?? 1,
      biasFactor: options.biasFactor ?? 1,
    };
    const int4 = this.#options.int4?.(spec);
    const y = int4 === undefined ? linear(x, this.parameter(weight), settings) : int4Linear(x, int4, settings);
    const extra = this.#options.extension?.(weight, x, settings.factor);
    return extra === undefined ? y : add(y, extra);
  }

  /**
   * Causal attention of rows: q [rows, heads · headDim], k and v [rows, kvHeads · headDim]; the result has q's shape.
   * With a window, each position sees so many, itself included.
   */
  attention(q: Tensor, k: Tensor, v: Tensor, window?: number): Tensor {
    const { batch, length, order, mask } = this.sequence;
    const [sequences, sideBySide] = order === 'sequences' ? [batch, 1] : [1, batch];
    const apart = (x: Tensor): Tensor => reshape(x, [sequences, length, sideBySide * x.shape[1]!]);
    const { headDim, attentionScale, attentionSoftcap } = this.config;
    const options = { headDim, mask, scale: attentionScale, window };
    const mixed =
      attentionSoftcap === undefined
        ? attention(apart(q), apart(k), apart(v), { ...options, blocks: attentionBlocks(length) })
        : cappedAttention(apart(q), apart(k), apart(v), { ...options, cap: attentionSoftcap });
    return reshape(mixed, q.shape);
  }

  /** Dropout of the residual stream and of what is added to it, where the run asks for it. */
  dropout(x: Tensor): Tensor {
    if ((this.#options.dropoutRate ?? 0) === 0) return x;
    const name = `dropout.${this.dropoutMasks.length}`;
    this.dropoutMasks.push(name);
    return dropout(x, name);
  }

  /** Marks the border between two blocks: what is kept when activations are recomputed. */
  boundary(x: Tensor): Tensor {
    this.boundaries.push({ node: this.graph.nodes.length, tensor: x });
    return x;
  }

  #spec(name: string): ParameterSpec {
    const spec = this.#parameters.get(name);
    if (spec === undefined) throw new FtsError('internal', `The model has no parameter ${name}.`);
    return spec;
  }
}
