import type { ModelShape } from '../model-config.ts';
import type { Family } from './family.ts';
import type { ModelFamily } from './family-name.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';

/** A new family is one file and one line here. */
export const families: Readonly<Record<ModelFamily, Family>> = {
  gemma2,
  gemma3,
  gpt2,
  granite,
  llama,
  mistral,
  olmo2,
  phi3,
  qwen2,
  qwen3,
  smollm3,
};

export function familyOf({ family }: Pick<ModelShape, 'family'>): Family {
  return families[family];
}
