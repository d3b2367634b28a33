import { FtsError } from '../../errors/fts-error.ts';
import { familyOf } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { GgmlType } from './block-types.ts';
import { bool, type GgufMetadata, type GgufValue, string, uint32 } from './gguf-value.ts';

/** `enum llama_ftype`, for the types that are written. */
const fileTypes: Partial<Record<GgmlType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 7, BF16: 32 };

/** `enum llama_token_type` */
const tokenTypes = { normal: 1, control: 3, userDefined: 4, unused: 5 };

/** llama.cpp wants certain tokens of a model whose name contains this, and does not load it without them. */
const namesWithTokens = /phi-?3/gi;

/** Everything that llama.cpp and Ollama read besides the tensors: shape, vocabulary, chat template. */
export function modelMetadata(
  model: { name: string; config: ModelConfig; tokenizer?: Tokenizer | undefined },
  type: GgmlType,
): GgufMetadata {
  return new Map<string, GgufValue>([
    ['general.architecture', string(familyOf(model.config).gguf.architecture)],
    ['general.type', string('model')],
    ['general.name', string(model.name.replace(namesWithTokens, 'phi 3'))],
    ['general.file_type', uint32(fileTypes[type] ?? 0)],
    ['general.quantization_version', uint32(2)],
    ...shapeMetadata(model.config),
    ...(model.tokenizer === undefined
      ? ([['tokenizer.ggml.model', string('no_vocab')]] as const)
      : vocabularyMetadata(model.config, model.tokenizer)),
  ]);
}

function shapeMetadata(config: ModelConfig): [string, GgufValue][] {
  const { gguf } = familyOf(config);
  const shape: [string, GgufValue][] = [
    ['vocab_size', uint32(config.vocabSize)],
    ['context_length', uint32(exactContext(config))],
    ['embedding_length', uint32(config.width)],
    ['block_count', uint32(config.layers)],
    ['feed_forward_length', uint32(config.ffnWidth)],
    ['attention.head_count', uint32(config.heads)],
    ['attention.head_count_kv', uint32(config.kvHeads)],
    ...gguf.metadata(config),
  ];
  return shape.map(([key, value]) => [`${gguf.architecture}.${key}`, value]);
}

/** Up to a window that llama.cpp leaves out, attention with it and without are the same. */
function exactContext(config: ModelConfig): number {
  const { slidingWindow = Number.POSITIVE_INFINITY, contextLength } = config;
  return familyOf(config).gguf.computesWindow ? contextLength : Math.min(contextLength, slidingWindow);
}

function vocabularyMetadata(config: ModelConfig, tokenizer: Tokenizer): [string, GgufValue][] {
  const vocabulary = tokenizer.bytePairVocabulary();
  if (vocabulary.tokens.length > config.vocabSize) {
    throw new FtsError(
      'corrupt',
      `The tokenizer has ${vocabulary.tokens.length} tokens, the model ${config.vocabSize}.`,
      {
        field: 'tokenizer.json',
        value: vocabulary.tokens.length,
        remedy: 'The tokenizer belongs to another model: restore the pair.',
      },
    );
  }
  const eos = tokenizer.eosTokenId ?? config.eosTokenIds[0];
  if (eos === undefined) {
    // llama.cpp would take token 11 for it, and stop there.
    throw new FtsError('invalid-input', 'A GGUF file needs a token that ends a text; this tokenizer names none.', {
      field: 'eos_token',
      remedy: 'Name eos_token in tokenizer_config.json, or eos_token_id in config.json.',
    });
  }
  const added = new Map(vocabulary.addedTokens.map((token) => [token.id, token]));
  const tokens: string[] = [];
  const types: number[] = [];
  for (let id = 0; id < config.vocabSize; id++) {
    const token = vocabulary.tokens[id];
    tokens.push(token ?? `[PAD${id}]`);
    const special = added.get(id)?.special;
    if (token === undefined) types.push(tokenTypes.unused);
    else if (special === undefined) types.push(tokenTypes.normal);
    else types.push(special ? tokenTypes.control : tokenTypes.userDefined);
  }
  const bos = tokenizer.bosTokenId ?? config.bosTokenId ?? eos;
  const endOfTurn = config.eosTokenIds.find((id) => id !== eos);
  const pad = tokenizer.padTokenId ?? config.padTokenId;
  return [
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string(vocabulary.preTokenizer)],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', values: types }],
    ['tokenizer.ggml.merges', { type: 'array', of: 'string', values: vocabulary.merges }],
    ['tokenizer.ggml.bos_token_id', uint32(bos)],
    ['tokenizer.ggml.eos_token_id', uint32(eos)],
    ...(endOfTurn === undefined ? [] : [['tokenizer.ggml.eot_token_id', uint32(endOfTurn)] as [string, GgufValue]]),
    ...(pad === undefined ? [] : [['tokenizer.ggml.padding_token_id', uint32(pad)] as [string, GgufValue]]),
    ['tokenizer.ggml.add_bos_token', bool(tokenizer.addsBosToken)],
    ...(tokenizer.chatTemplate === undefined
      ? []
      : [['tokenizer.chat_template', string(tokenizer.chatTemplate)] as [string, GgufValue]]),
  ];
}
