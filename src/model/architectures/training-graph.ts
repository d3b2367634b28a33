import { FtsError } from '../../errors/fts-error.ts';
import { documentMask } from '../../tensor/composites/attention.ts';
import { languageModelLoss, vocabularyLogits } from '../../tensor/composites/language-model-loss.ts';
import { gradient } from '../../tensor/gradient.ts';
import { Graph, type Tensor } from '../../tensor/graph.ts';
import { graphPart } from '../../tensor/graph-part.ts';
import { scale, tanh } from '../../tensor/primitives/elementwise.ts';
import { reshape, transpose } from '../../tensor/primitives/layout.ts';
import { INT4_GROUP } from '../../tensor/primitives/quantized.ts';
import { recomputeActivations } from '../../tensor/recompute.ts';
import type { Shape } from '../../tensor/shape.ts';
import { familyOf } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';
import { type AdapterPair, type AdapterSettings, adapted } from './adapter.ts';
import { hiddenStates } from './hidden-states.ts';
import { ModelBuilder, type SequenceInputs } from './model-builder.ts';
import { outputTable, type ParameterSpec } from './parameter.ts';

/** The shape of every batch of a graph. */
export interface BatchShape {
  batch: number;
  length: number;
  /** Several documents share a sequence: positions and documents become inputs. */
  packed: boolean;
}

/** How the model of a graph departs from plain FP32 weights that all train. */
export interface ModelVariant {
  /** Low-rank factors beside frozen weights: they alone train. */
  adapter?: { settings: AdapterSettings; pairs: readonly AdapterPair[] };
  /** Names of frozen linear weights that are given in 4 bits, as the inputs `NAME` and `NAME scales`. */
  int4?: ReadonlySet<string>;
}

export interface TrainingGraphOptions extends BatchShape, ModelVariant {
  dropoutRate?: number;
  /** Keep only the tensors between blocks for the backward pass and compute the rest again. */
  recomputeActivations?: boolean;
}

/** Rows that the graph hands out to be added to a table: gradients of look-ups. */
export interface RowOutput {
  parameter: string;
  /** Output with the rows, [batch · length, width]. */
  output: string;
  /** Output that says where each row goes, [batch · length] of int32. */
  ids: string;
}

/** Forward, loss and backward of one micro-batch. */
export interface TrainingGraph {
  graph: Graph;
  /** Names of the parameters whose gradient is the output `d NAME`. */
  dense: ReadonlySet<string>;
  rows: readonly RowOutput[];
  dropoutMasks: readonly { name: string; shape: Shape }[];
}

export const scalesName = (parameter: string): string => `${parameter} scales`;
export const gradientName = (parameter: string): string => `d ${parameter}`;

/**
 * The graph of one micro-batch. Inputs: every parameter, `tokens` and `targets` [batch · length] (int32), `weights`
 * [batch · length, 1] (a token's share of the loss), `positions` and `documents` where packed, and dropout masks.
 * Outputs: `loss`, a dense gradient `d NAME` and row gradients.
 */
export function trainingGraph(
  config: ModelConfig,
  parameters: readonly ParameterSpec[],
  options: TrainingGraphOptions,
): TrainingGraph {
  const graph = new Graph();
  const sequence = sequenceInputs(graph, config, options, 'positions');
  const trained = new Map<string, Tensor>();
  const train = (spec: ParameterSpec): Tensor => {
    const tensor = graph.input(spec.name, spec.shape, { trainable: true });
    trained.set(spec.name, tensor);
    return tensor;
  };
  const frozen = (spec: ParameterSpec): Tensor => graph.input(spec.name, spec.shape);
  const builder = new ModelBuilder(graph, config, sequence, {
    parameters,
    dropoutRate: options.dropoutRate ?? 0,
    parameterTensor: options.adapter === undefined ? train : frozen,
    ...variantOptions(graph, options, train),
  });
  const hidden = hiddenStates(builder);
  const loss = meanLoss(builder, hidden, outputTable(parameters).name);
  graph.output('loss', loss);
  const forwardNodes = graph.nodes.length;
  const names = [...trained.keys()];
  const dense = new Set<string>();
  const rows: RowOutput[] = [];
  for (const [index, found] of gradient(loss, [...trained.values()]).entries()) {
    const parameter = names[index]!;
    if (found.dense !== undefined) {
      graph.output(gradientName(parameter), found.dense);
      dense.add(parameter);
    }
    for (const { ids, rows: tensor } of found.rows) {
      const row = { parameter, output: `rows ${rows.length}`, ids: `ids ${rows.length}` };
      graph.output(row.output, tensor);
      graph.output(row.ids, ids);
      rows.push(row);
    }
  }
  const needed = new Set(graphPart(graph, [...graph.outputs.keys()]).nodes);
  graph.nodes.push(...graph.nodes.splice(forwardNodes).filter((node) => needed.has(node)));
  if (options.recomputeActivations === true) recomputeActivations(graph, builder.boundaries, forwardNodes);
  const dropoutMasks = graph.inputs.filter(({ name }) => builder.dropoutMasks.includes(name));
  return { graph, dense, rows, dropoutMasks };
}

export interface EvaluationGraphOptions extends BatchShape, ModelVariant {
  /** Names of linear weights whose inputs [batch · length, in] become outputs `input NAME`; `all` for every one. */
  captures?: 'all' | readonly string[];
  /** Output `logits` [batch · length, vocabulary (padded)]. */
  logits?: boolean;
  /** Output `loss` of `targets` and `weights`. */
  loss?: boolean;
}

export interface EvaluationGraph {
  graph: Graph;
  /** Output that holds the inputs of each captured weight; weights with the same input share one. */
  captures: ReadonlyMap<string, string>;
  /** Columns of `logits`, of which the first vocabSize count. */
  logitColumns: number;
}

/** The forward pass alone: what evaluation, calibration and sampling run. Inputs as in `trainingGraph`. */
export function evaluationGraph(
  config: ModelConfig,
  parameters: readonly ParameterSpec[],
  options: EvaluationGraphOptions,
): EvaluationGraph {
  const graph = new Graph();
  const input = (spec: ParameterSpec): Tensor => graph.input(spec.name, spec.shape);
  const builder = new ModelBuilder(graph, config, sequenceInputs(graph, config, options, 'sequences'), {
    parameters,
    parameterTensor: input,
    ...variantOptions(graph, options, input),
  });
  const hidden = hiddenStates(builder);
  const table = builder.parameter(outputTable(parameters).name);
  if (options.loss === true) graph.output('loss', meanLoss(builder, hidden, outputTable(parameters).name));
  if (options.logits === true) {
    const logits = vocabularyLogits(hidden, table, config.vocabSize);
    const { logitSoftcap: cap } = config;
    graph.output('logits', cap === undefined ? logits : scale(tanh(scale(logits, 1 / cap)), cap));
  }
  const captures = new Map<string, string>();
  const outputs = new Map<Tensor, string>();
  for (const [weight, tensor] of builder.linearInputs) {
    if (options.captures === undefined || (options.captures !== 'all' && !options.captures.includes(weight))) continue;
    let output = outputs.get(tensor);
    if (output === undefined) {
      output = `input ${weight}`;
      outputs.set(tensor, output);
      graph.output(output, tensor);
    }
    captures.set(weight, output);
  }
  return { graph, captures, logitColumns: table.shape[0]! };
}

/** The builder's hooks for adapters and 4-bit weights; `factor` declares the tensors of an adapter's factors. */
function variantOptions(
  graph: Graph,
  { adapter, int4 }: ModelVariant,
  factor: (spec: ParameterSpec) => Tensor,
): Pick<ConstructorParameters<typeof ModelBuilder>[3], 'int4' | 'extension'> {
  const pairs = new Map(adapter?.pairs.map((pair) => [pair.weight.name, pair]));
  const tensors = new Map<string, Tensor>();
  const factorTensor = (spec: ParameterSpec): Tensor => {
    const tensor = tensors.get(spec.name) ?? factor(spec);
    tensors.set(spec.name, tensor);
    return tensor;
  };
  return {
    int4: (spec) =>
      int4?.has(spec.name)
        ? {
            packed: graph.input(spec.name, spec.shape, { type: 'int4' }),
            scales: graph.input(scalesName(spec.name), [spec.shape[0]!, spec.shape[1]! / INT4_GROUP]),
          }
        : undefined,
    extension: (weight, x, productFactor) => {
      const pair = pairs.get(weight);
      if (pair === undefined) return undefined;
      const { rank, alpha } = adapter!.settings;
      return adapted(x, pair, factorTensor(pair.a), factorTensor(pair.b), (productFactor * alpha) / rank);
    },
  };
}

/** Declares the inputs that say what a batch holds. Positions have the type that their consumer wants. */
function sequenceInputs(
  graph: Graph,
  config: ModelConfig,
  { batch, length, packed }: BatchShape,
  order: SequenceInputs['order'],
): SequenceInputs {
  const sequence = { batch, length, order };
  const tokens = inOrder(graph.input('tokens', [batch * length], { type: 'int32' }), sequence);
  if (!packed) return { ...sequence, tokens };
  const positions = inOrder(
    familyOf(config).positions === 'learned'
      ? graph.input('positions', [batch * length], { type: 'int32' })
      : graph.input('positions', [batch, length], { type: 'int64' }),
    sequence,
  );
  const mask = documentMask(graph.input('documents', [batch, length], { type: 'int32' }));
  return { ...sequence, tokens, positions, mask: order === 'sequences' ? mask : ofSideBySide(mask, config.heads) };
}

/** What is given for each token, sequence by sequence [batch · length, ..] or [batch, length], in the order of the rows. */
function inOrder(x: Tensor, { batch, length, order }: Pick<SequenceInputs, 'batch' | 'length' | 'order'>): Tensor {
  if (order === 'sequences') return x;
  const [axes, shape] = x.shape[0] === batch * length ? [x.shape.slice(1), x.shape] : [[], [length, batch]];
  const rest = axes.map((_, axis) => axis + 2);
  return reshape(transpose(reshape(x, [batch, length, ...axes]), [1, 0, ...rest]), shape);
}

/** The mask [batch, 1, length, length] for the heads of all sequences as those of one. */
function ofSideBySide(mask: Tensor, heads: number): Tensor {
  const [batch, , length] = mask.shape as [number, number, number];
  const shape = [batch, heads, length, length];
  return reshape(mask.graph.emit('Expand', [mask, mask.graph.indices(shape)], shape), [
    1,
    batch * heads,
    length,
    length,
  ]);
}

function refuseTraining(config: ModelConfig): void {
  const reason = familyOf(config).trainingRefusal(config);
  if (reason === undefined) return;
  throw new FtsError('invalid-input', `The model cannot be trained: ${reason}.`, {
    field: 'model',
    value: config.family,
    remedy: 'Train a model of another family; this one can be evaluated, quantized and served.',
  });
}

/** The weighted cross entropy of the next token, with its inputs `targets` and `weights`. */
function meanLoss(builder: ModelBuilder, hidden: Tensor, table: string): Tensor {
  refuseTraining(builder.config);
  const { graph, rows, config, sequence } = builder;
  const targets = inOrder(graph.input('targets', [rows], { type: 'int32' }), sequence);
  const weights = inOrder(graph.input('weights', [rows, 1]), sequence);
  return languageModelLoss(hidden, builder.parameter(table), targets, weights, config.vocabSize);
}
