import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ModelConfig } from '../model-config.ts';
import { families, familyOf } from './index.ts';

/**
 * Reads a Hugging Face `config.json`. Refuses, naming the field, every architecture or option whose mathematics would
 * differ from what this program computes.
 */
export function parseModelConfig(json: unknown): ModelConfig {
  const { model_type: modelType } = parseWith(z.looseObject({ model_type: z.string() }), json, 'config.json');
  const family = Object.values(families).find(({ modelTypes }) => modelTypes.includes(modelType));
  if (family === undefined) {
    const known = Object.values(families).flatMap(({ modelTypes }) => modelTypes);
    throw new FtsError('invalid-input', `The architecture "${modelType}" is not supported.`, {
      field: 'model_type',
      value: modelType,
      remedy: `Use a model of one of these types: ${known.join(', ')}.`,
    });
  }
  return family.parseConfig(json);
}

/** The inverse of `parseModelConfig`: a `config.json` that Transformers, vLLM and llama.cpp's converter read. */
export function toHuggingFaceConfig(
  config: ModelConfig,
  dtype: 'float32' | 'float16' | 'bfloat16' = 'float32',
): object {
  const family = familyOf(config);
  const [eos] = config.eosTokenIds;
  return {
    architectures: [family.transformersClass],
    model_type: family.modelTypes[0],
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.tiedEmbeddings,
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: eos === undefined ? null : config.eosTokenIds.length === 1 ? eos : config.eosTokenIds,
    pad_token_id: config.padTokenId ?? null,
    torch_dtype: dtype,
    ...family.configFields(config),
  };
}
