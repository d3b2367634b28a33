import type { Tensor } from '../../tensor/graph.ts';
import type { ModelConfig } from '../model-config.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import type { ModelBuilder } from './model-builder.ts';
import type { ParameterSpec } from './parameter.ts';

/** One family of models: its parameters, and its mathematics from tokens to the last hidden states. */
export interface Architecture {
  parameters(config: ModelConfig): ParameterSpec[];
  /** The normalized hidden states [batch · length, width] that the output table is multiplied with. */
  hiddenStates(builder: ModelBuilder): Tensor;
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
