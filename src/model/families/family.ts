import type { Tensor } from '../../tensor/graph.ts';
import type { ModelBuilder } from '../architectures/model-builder.ts';
import type { ParameterSpec } from '../architectures/parameter.ts';
import type { ArchitectureMetadata } from '../gguf/architecture-metadata.ts';
import type { GgufValue } from '../gguf/gguf-value.ts';
import type { ModelConfig, ModelShape } from '../model-config.ts';

/**
 * All that the program knows of one family of models. A new family is a file with such a record, a line in `index.ts`
 * and a name in `family-name.ts`.
 */
export interface Family {
  /** Values of `model_type` in `config.json` that mean this family; the first is written. */
  modelTypes: readonly [string, ...string[]];
  /** The class in Transformers, for `architectures` in `config.json`. */
  transformersClass: string;
  /** What a published model of the family has, unless its configuration says otherwise. */
  usual: Pick<ModelShape, 'qkvBias' | 'qkNorm' | 'norms' | 'centredNorms' | 'fusedProjections'>;
  /** Throws `invalid-input`, naming the field, for every option whose mathematics would differ from the graph's. */
  parseConfig(json: unknown): ModelConfig;
  /** The fields of `config.json` besides those that all families share. */
  configFields(config: ModelConfig): Record<string, unknown>;
  /** Every parameter of the graph, in the order of the network, with its place in checkpoints and GGUF files. */
  parameters(shape: ModelShape): FamilyParameter[];
  /** The same model with everything that files of this family always hold. */
  asStored(config: ModelConfig): ModelConfig;
  graph: FamilyGraph;
  gguf: FamilyGguf;
  /** What the linear layers of a block can give their input scales to. */
  foldings(shape: ModelShape): readonly Folding[];
  /** Why the training graph cannot be built; undefined where it can. */
  trainingRefusal(config: ModelConfig): string | undefined;
  /** Tensors in checkpoints that are constants of the program that wrote them. */
  buffers: RegExp;
  /** Positions are looked up in a table, or turn queries and keys. */
  positions: 'learned' | 'rotary';
  /** One matrix leads into the feed-forward layer, or two whose product is taken. */
  feedForward: 'plain' | 'gated';
}

/** A parameter of a family: its place in every kind of file. */
export interface FamilyParameter extends ParameterSpec {
  /** Number of its block; null outside the blocks. */
  layer: number | null;
  /** Name of the GGUF tensor that holds it, or of which it is a part. */
  gguf: string;
  /** The rows are so many heads that are rotated. */
  rotaryHeads?: number;
}

/** The mathematics from tokens to the last hidden states. */
interface FamilyGraph {
  /** The residual stream [batch · length, width] that enters the first block. */
  embed(builder: ModelBuilder): Tensor;
  /** The residual stream after one block. */
  block(builder: ModelBuilder, x: Tensor, layer: number): Tensor;
  /** A model whose first block computes what that block does; left out, all blocks compute the same. */
  withFirstBlock?(config: ModelConfig, layer: number): ModelConfig;
  /** The normalized hidden states that the output table is multiplied with. */
  finish(builder: ModelBuilder, x: Tensor): Tensor;
}

interface FamilyGguf {
  /** llama.cpp's name of the architecture, the prefix of its metadata keys. */
  architecture: string;
  /**
   * Which two dimensions of a head llama.cpp rotates together. Checkpoints pair dimension i with i + headDim / 2; where
   * llama.cpp pairs neighbours, the two halves of each head are interleaved in the file.
   */
  rotaryPairs: 'halves' | 'neighbours';
  /** The metadata besides the counts that all architectures share, by key without the architecture's prefix. */
  metadata(config: ModelConfig): [key: string, value: GgufValue][];
  /** Whether llama.cpp computes sliding windows of this architecture; a file is else good up to the window. */
  computesWindow: boolean;
  /** Why llama.cpp would compute something else from any file; undefined where it computes the same. */
  refusal(config: ModelConfig): string | undefined;
  /** The fields of `config.json` that a file's metadata stand for, without those that all families share. */
  configFields(metadata: ArchitectureMetadata): Record<string, unknown>;
}

/** Where the scales of a linear layer's inputs can go: names within a block. */
export type Folding = {
  /** The first of the linear weights that share the inputs. */
  weight: string;
} & (
  | { into: 'vectors'; vectors: readonly string[] }
  /** The outputs of a linear layer: one for one, or a value head for all query heads that attend to it. */
  | { into: 'outputs'; module: string; shared: 'one to one' | 'value heads' }
);
