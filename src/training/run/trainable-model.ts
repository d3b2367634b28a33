import { FtsError } from '../../errors/fts-error.ts';
import { adapterPairs, adapterParameters, linearNames, mergeInto } from '../../model/architectures/adapter.ts';
import { isLinear, type ParameterSpec, parameterCount } from '../../model/architectures/parameter.ts';
import { initializeParameter, smallInitializationScale } from '../../model/architectures/parameter-random.ts';
import {
  type ModelVariant,
  scalesName,
  type TrainingGraph,
  trainingGraph,
} from '../../model/architectures/training-graph.ts';
import { requireTensors } from '../../model/check-checkpoint.ts';
import type { CheckpointReader } from '../../model/checkpoint/checkpoint-reader.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { readParameters } from '../../model/model-parameters.ts';
import type { TensorData } from '../../runtime/onnxruntime/element-type.ts';
import { INT4_GROUP, quantizeInt4 } from '../../tensor/primitives/quantized.ts';
import { elementsOf } from '../../tensor/shape.ts';
import type { BatchSource } from '../data/batch.ts';
import { writeAdapter } from '../lora/adapter-files.ts';
import { ParameterState } from '../optimizer/parameter-state.ts';
import { scratchBytes } from './micro-batch.ts';
import type { TrainSettings } from './settings.ts';

interface ModelInput {
  settings: TrainSettings;
  config: ModelConfig;
  start?: CheckpointReader;
}

/** A model in training: the state of its trained parameters, and its frozen parameters. */
export class TrainableModel {
  readonly config: ModelConfig;
  /** All parameters of the model, without adapters. */
  readonly specs: readonly ParameterSpec[];
  readonly variant: ModelVariant;
  readonly graph: TrainingGraph;
  readonly state: ParameterState;
  readonly frozen: Readonly<Record<string, TensorData>>;
  readonly #start: CheckpointReader | undefined;

  private constructor(
    { config, start }: ModelInput,
    specs: readonly ParameterSpec[],
    variant: ModelVariant,
    graph: TrainingGraph,
    state: ParameterState,
    frozen: Readonly<Record<string, TensorData>>,
  ) {
    this.config = config;
    this.specs = specs;
    this.variant = variant;
    this.graph = graph;
    this.state = state;
    this.frozen = frozen;
    this.#start = start;
  }

  /** Builds the graph for batches of the source's shape, and loads or initializes the weights. */
  static async prepare(input: ModelInput, source: BatchSource): Promise<TrainableModel> {
    const { settings, config, start } = input;
    const specs = familyOf(config).parameters(config);
    const variant = variantOf(settings, specs);
    if (start !== undefined) await requireTensors(config, start);
    const { adapter } = variant;
    if (adapter !== undefined && start === undefined) {
      throw new FtsError('invalid-input', 'LoRA needs a base model to adapt.', {
        field: 'method',
        value: settings.method,
        remedy: 'Name the base model, or train with method full.',
      });
    }
    const { batch, length, packed } = source;
    const graph = trainingGraph(config, specs, {
      batch,
      length,
      packed,
      dropoutRate: settings.dropout,
      recomputeActivations: settings.recomputeActivations,
      ...variant,
    });
    const trained = adapter === undefined ? specs : adapterParameters(adapter.pairs);
    const state = await ParameterState.create(trained, {
      accumulate: settings.gradientAccumulation > 1,
      scratchBytes: scratchBytes(graph),
    });
    if (adapter !== undefined || start === undefined) {
      const small = adapter === undefined && settings.initialization === 'small';
      const scale = small ? smallInitializationScale(config.width) : 1;
      for (const spec of trained) initializeParameter(spec, settings.seed, state.view(spec.name, 'weights'), scale);
    }
    const frozen: Record<string, TensorData> = {};
    if (adapter !== undefined) Object.assign(frozen, await frozenWeights(specs, start!, variant.int4 ?? new Set()));
    else if (start !== undefined) await readParameters(specs, start, (name) => state.view(name, 'weights'));
    return new TrainableModel(input, specs, variant, graph, state, frozen);
  }

  /** All arrays that a forward pass reads, by the name of the graph input. */
  get arrays(): Record<string, TensorData> {
    return { ...this.frozen, ...this.state.weights };
  }

  /** Number of trained parameters, without padding. */
  get trainedParameters(): number {
    return this.state.specs.reduce((sum, spec) => sum + parameterCount(spec), 0);
  }

  /** Number of parameters of the model, without padding. */
  get parameters(): number {
    return this.specs.reduce((sum, spec) => sum + parameterCount(spec), 0);
  }

  /** A weight of the whole model in its current state, with the adapter merged. */
  async weights(name: string): Promise<Float32Array> {
    const { adapter, int4 } = this.variant;
    if (adapter === undefined) return this.state.view(name, 'weights');
    const spec = this.specs.find((candidate) => candidate.name === name)!;
    const weight = new Float32Array(elementsOf(spec.shape));
    // The 4-bit base is only an approximation for training; the adapter is merged into the original weights.
    if (int4?.has(name)) await readParameters([spec], this.#start!, () => weight);
    else weight.set(this.frozen[name] as Float32Array);
    const pair = adapter.pairs.find((candidate) => candidate.weight.name === name);
    if (pair !== undefined) {
      const { alpha, rank } = adapter.settings;
      const [a, b] = [pair.a, pair.b].map((part) => this.state.view(part.name, 'weights')) as [
        Float32Array,
        Float32Array,
      ];
      mergeInto(weight, pair, a, b, alpha / rank);
    }
    return weight;
  }

  /** Writes the adapter in PEFT's layout, if there is one. */
  async writeAdapter(folder: string, baseModel: string | null): Promise<void> {
    if (this.variant.adapter === undefined) return;
    const values = new Map(Object.entries(this.state.weights));
    await writeAdapter(folder, { ...this.variant.adapter, values }, { baseModel });
  }
}

function variantOf(settings: TrainSettings, specs: readonly ParameterSpec[]): ModelVariant {
  if (settings.method === 'full') return {};
  const targets = settings.loraTargets ?? linearNames(specs);
  const adapterSettings = { rank: settings.loraRank, alpha: settings.loraAlpha, targets };
  const adapter = { settings: adapterSettings, pairs: adapterPairs(specs, adapterSettings) };
  if (settings.method === 'lora') return { adapter };
  const int4 = specs.filter((spec) => isLinear(spec) && spec.shape[1]! % INT4_GROUP === 0).map(({ name }) => name);
  return { adapter, int4: new Set(int4) };
}

async function frozenWeights(
  specs: readonly ParameterSpec[],
  start: CheckpointReader,
  int4: ReadonlySet<string>,
): Promise<Record<string, TensorData>> {
  const arrays: Record<string, TensorData> = {};
  for (const spec of specs) {
    const values = new Float32Array(elementsOf(spec.shape));
    await readParameters([spec], start, () => values);
    if (!int4.has(spec.name)) {
      arrays[spec.name] = values;
      continue;
    }
    const { packed, scales } = quantizeInt4(values, spec.shape[1]!);
    arrays[spec.name] = packed;
    arrays[scalesName(spec.name)] = scales;
  }
  return arrays;
}
