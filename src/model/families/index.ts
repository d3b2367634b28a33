import type { ModelShape } from '../model-config.ts';
import type { Family } from './family.ts';
import type { ModelFamily } from './family-name.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

/** A new family is one file and one line here. */
export const families: Readonly<Record<ModelFamily, Family>> = { gpt2, llama, mistral, qwen2, qwen3 };

export function familyOf({ family }: Pick<ModelShape, 'family'>): Family {
  return families[family];
}
