import type { Tensor } from '../../tensor/graph.ts';
import type { ModelConfig } from '../model-config.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import type { ModelBuilder } from './model-builder.ts';
import type { ParameterSpec } from './parameter.ts';

/** One family of models: its parameters, and its mathematics from tokens to the last hidden states. */
export interface Architecture {
  parameters(config: ModelConfig): ParameterSpec[];
  /** The residual stream [batch · length, width] that enters the first block. */
  embed(builder: ModelBuilder): Tensor;
  /** The residual stream after one block. */
  block(builder: ModelBuilder, x: Tensor, layer: number): Tensor;
  /** The normalized hidden states that the output table is multiplied with. */
  finish(builder: ModelBuilder, x: Tensor): Tensor;
  /** Name of the output table's parameter: the token embedding's own where the two are tied. */
  outputTable(config: ModelConfig): string;
}

/** A new family is one file and one line here. */
const architectures: Record<ModelConfig['family'], Architecture> = {
  gpt2,
  llama,
  qwen2: llama,
  qwen3: llama,
};

export function architectureOf(config: ModelConfig): Architecture {
  return architectures[config.family];
}

/** From tokens to the normalized hidden states [batch · length, width]. */
export function hiddenStates(builder: ModelBuilder): Tensor {
  const architecture = architectureOf(builder.config);
  let x = architecture.embed(builder);
  for (let layer = 0; layer < builder.config.layers; layer++) {
    x = architecture.block(builder, builder.boundary(x), layer);
  }
  return architecture.finish(builder, builder.boundary(x));
}
