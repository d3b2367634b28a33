import { basename } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import { type ModelConfig, parseModelConfig } from '../model-config.ts';
import { type TokenizerFiles, writeModelDirectory } from '../model-directory.ts';
import type { TensorSource } from '../safetensors.ts';
import { preTokenizerJsonFor } from '../tokenizer/pre-tokenizer.ts';
import { ggufCheckpoint } from './gguf-checkpoint.ts';
import { GgufReader } from './gguf-reader.ts';
import type { GgufMetadata } from './gguf-value.ts';
import { ggufTensors } from './tensor-names.ts';

/** A GGUF file as a model: its shape and, where it has one, its vocabulary, in Hugging Face's terms. */
export interface GgufModel {
  reader: GgufReader;
  name: string;
  config: ModelConfig;
  tokenizer?: TokenizerFiles;
}

/** Opens a GGUF file of a supported architecture. Errors: `corrupt`, or `invalid-input` naming what is not supported. */
export async function openGgufModel(path: string): Promise<GgufModel> {
  const reader = await GgufReader.open(path);
  try {
    const metadata = new Metadata(reader.metadata, path);
    const config = configOf(metadata, reader);
    const tokenizer = tokenizerOf(metadata);
    return {
      reader,
      name: metadata.text('general.name') ?? basename(path, '.gguf'),
      config,
      ...(tokenizer === undefined ? {} : { tokenizer }),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** Writes a GGUF file as a model directory in float32, dequantized, to be evaluated, trained on or re-quantized. */
export async function importGguf(path: string, output: string, name?: string): Promise<GgufModel['config']> {
  const model = await openGgufModel(path);
  const { reader, config, tokenizer } = model;
  try {
    const checkpoint = ggufCheckpoint(reader, config);
    const tensors: TensorSource[] = ggufTensors(config)
      .filter(({ name: stored }) => reader.has(stored))
      .map(({ from }) => ({
        name: config.family === 'gpt2' && !from.startsWith('lm_head') ? `transformer.${from}` : from,
        dtype: 'F32',
        shape: checkpoint.info(from).shape,
        read: () => checkpoint.readFloat32(from),
      }));
    await writeModelDirectory(output, {
      config,
      weights: tensors,
      ...(tokenizer === undefined ? {} : { tokenizer }),
      provenance: {
        name: name ?? model.name,
        createdAt: new Date().toISOString(),
        madeBy: 'import',
        parent: basename(path),
      },
    });
    return config;
  } finally {
    await reader.close();
  }
}

/** Metadata by key, with the type that is expected of it. */
class Metadata {
  readonly #values: GgufMetadata;
  readonly #path: string;

  constructor(values: GgufMetadata, path: string) {
    this.#values = values;
    this.#path = path;
  }

  text(key: string): string | undefined {
    const value = this.#values.get(key);
    return value?.type === 'string' ? value.value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined || value.type === 'array' || typeof value.value === 'string') return undefined;
    return Number(value.value);
  }

  required(key: string): number {
    const value = this.number(key);
    if (value !== undefined) return value;
    throw new FtsError('corrupt', `${this.#path} does not say its ${key}.`, {
      field: key,
      value: this.#path,
      remedy: 'Use a file that was converted completely.',
    });
  }

  flag(key: string): boolean | undefined {
    const value = this.#values.get(key);
    return value?.type === 'bool' ? value.value : undefined;
  }

  texts(key: string): string[] | undefined {
    const value = this.#values.get(key);
    return value?.type === 'array' && value.of === 'string' ? (value.values as string[]) : undefined;
  }

  numbers(key: string): number[] | undefined {
    const value = this.#values.get(key);
    return value?.type === 'array' && value.of !== 'string' ? value.values.map(Number) : undefined;
  }
}

/** The shape, by way of the `config.json` that it would have: its parser refuses what we do not compute. */
function configOf(metadata: Metadata, reader: GgufReader): ModelConfig {
  const architecture = metadata.text('general.architecture') ?? '';
  const read = (key: string): number => metadata.required(`${architecture}.${key}`);
  const optional = (key: string): number | undefined => metadata.number(`${architecture}.${key}`);
  if (!['gpt2', 'llama', 'qwen2', 'qwen3'].includes(architecture)) {
    return parseModelConfig({ model_type: architecture });
  }
  const embedding = reader.tensors().find(({ name }) => name === 'token_embd.weight');
  const vocabSize = embedding?.shape[0] ?? metadata.required(`${architecture}.vocab_size`);
  const common = {
    model_type: architecture,
    vocab_size: vocabSize,
    tie_word_embeddings: !reader.has('output.weight'),
    bos_token_id: metadata.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: endTokens(metadata),
    pad_token_id: metadata.number('tokenizer.ggml.padding_token_id') ?? null,
  };
  if (architecture === 'gpt2') {
    return parseModelConfig({
      ...common,
      n_embd: read('embedding_length'),
      n_layer: read('block_count'),
      n_head: read('attention.head_count'),
      n_inner: read('feed_forward_length'),
      n_positions: read('context_length'),
      layer_norm_epsilon: read('attention.layer_norm_epsilon'),
    });
  }
  if (reader.has('rope_freqs.weight')) {
    throw new FtsError('invalid-input', 'A file with its own rotary frequencies does not say how they were made.', {
      field: 'rope_freqs.weight',
      remedy: 'Import the original model folder instead, whose config.json has the rotary scaling.',
    });
  }
  const scaling = metadata.text(`${architecture}.rope.scaling.type`);
  const heads = read('attention.head_count');
  return parseModelConfig({
    ...common,
    hidden_size: read('embedding_length'),
    num_hidden_layers: read('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: optional('attention.head_count_kv') ?? heads,
    head_dim: optional('attention.key_length') ?? optional('rope.dimension_count') ?? null,
    intermediate_size: read('feed_forward_length'),
    max_position_embeddings: read('context_length'),
    rms_norm_eps: read('attention.layer_norm_rms_epsilon'),
    rope_theta: optional('rope.freq_base') ?? 10_000,
    rope_scaling:
      scaling === undefined || scaling === 'none' ? null : { rope_type: scaling, factor: read('rope.scaling.factor') },
  });
}

function endTokens(metadata: Metadata): number[] {
  const ids = ['eos', 'eot'].map((kind) => metadata.number(`tokenizer.ggml.${kind}_token_id`));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** `enum llama_token_type`: control and user-defined tokens are added ones. */
const addedTokenTypes = new Map([
  [3, true],
  [4, false],
]);

function tokenizerOf(metadata: Metadata): TokenizerFiles | undefined {
  const model = metadata.text('tokenizer.ggml.model');
  if (model === undefined || model === 'no_vocab') return undefined;
  const tokens = metadata.texts('tokenizer.ggml.tokens');
  const merges = metadata.texts('tokenizer.ggml.merges');
  const name = metadata.text('tokenizer.ggml.pre') ?? '';
  const preTokenizer = preTokenizerJsonFor(name);
  if (model !== 'gpt2' || tokens === undefined || merges === undefined || preTokenizer === undefined) {
    throw new FtsError('invalid-input', `The tokenizer "${model}" with "${name}" is not supported.`, {
      field: 'tokenizer.ggml.pre',
      value: `${model}, ${name}`,
      remedy: 'Use a model with byte-level BPE and the pre-tokenizer gpt-2, qwen2, llama-bpe or smollm.',
    });
  }
  const types = metadata.numbers('tokenizer.ggml.token_type') ?? [];
  const added = tokens.flatMap((content, id) => {
    const special = addedTokenTypes.get(types[id] ?? 1);
    if (special === undefined) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
  const bos = metadata.number('tokenizer.ggml.bos_token_id');
  const addsBos = metadata.flag('tokenizer.ggml.add_bos_token') === true && bos !== undefined;
  const tokenOf = (kind: string): string | undefined =>
    tokens[metadata.number(`tokenizer.ggml.${kind}_token_id`) ?? -1];
  const template = metadata.text('tokenizer.chat_template');
  const tokenizerJson = {
    version: '1.0',
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: addsBos ? beginningOfText(tokens[bos]!, bos) : null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      unk_token: null,
      byte_fallback: false,
      ignore_merges: name === 'llama-bpe',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((merge) => splitMerge(merge)),
    },
  };
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: addsBos,
    clean_up_tokenization_spaces: false,
    bos_token: tokenOf('bos') ?? null,
    eos_token: tokenOf('eos') ?? null,
    pad_token: tokenOf('padding') ?? null,
    ...(template === undefined ? {} : { chat_template: template }),
  };
  return {
    tokenizerJson: `${JSON.stringify(tokenizerJson)}\n`,
    tokenizerConfigJson: `${JSON.stringify(tokenizerConfig, null, 2)}\n`,
  };
}

/** Merges are two tokens with a space between; byte-level tokens hold no space of their own. */
function splitMerge(merge: string): [string, string] {
  const at = merge.indexOf(' ', 1);
  return [merge.slice(0, at), merge.slice(at + 1)];
}

function beginningOfText(token: string, id: number): object {
  const special = { SpecialToken: { id: token, type_id: 0 } };
  const text = { Sequence: { id: 'A', type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [special, text],
    pair: [special, text, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}
