import { basename } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import type { TensorSource } from '../checkpoint/safetensors.ts';
import { parseModelConfig } from '../families/config-json.ts';
import { families } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';
import { type TokenizerFiles, writeModelDirectory } from '../model-directory.ts';
import { preTokenizerJsonFor } from '../tokenizer/pre-tokenizer.ts';
import { refuseUnreadTensors } from '../unread-keys.ts';
import { ggufCheckpoint } from './gguf-checkpoint.ts';
import { GgufReader } from './gguf-reader.ts';
import { MetadataReader } from './metadata-reader.ts';
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
    const metadata = new MetadataReader(reader.metadata, path);
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
      .map(({ from, writtenAs }) => ({
        name: writtenAs ?? from,
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

/** The configuration of a file's model; undefined where no family of this program has its architecture. */
export function ggufConfig(reader: GgufReader): ModelConfig | undefined {
  const metadata = new MetadataReader(reader.metadata, reader.path);
  const architecture = metadata.text('general.architecture');
  const known = Object.values(families).some(({ gguf }) => gguf.architecture === architecture);
  return known ? configOf(metadata, reader) : undefined;
}

/** The shape, by way of the `config.json` that it would have: its parser refuses what we do not compute. */
function configOf(metadata: MetadataReader, reader: GgufReader): ModelConfig {
  const architecture = metadata.text('general.architecture') ?? '';
  const family = Object.values(families).find(({ gguf }) => gguf.architecture === architecture);
  if (family === undefined) return parseModelConfig({ model_type: architecture }); // which refuses it by name
  if (reader.has('rope_freqs.weight')) {
    throw new FtsError('invalid-input', 'A file with its own rotary frequencies does not say how they were made.', {
      field: 'rope_freqs.weight',
      remedy: 'Import the original model folder instead, whose config.json has the rotary scaling.',
    });
  }
  const own = metadata.ofArchitecture(architecture);
  const layers = own.required('block_count');
  if (layers > reader.tensors().length) {
    throw new FtsError(
      'corrupt',
      `${reader.path} announces ${layers} blocks and holds ${reader.tensors().length} tensors.`,
      {
        field: `${architecture}.block_count`,
        value: layers,
        remedy: 'Copy or download that file again.',
      },
    );
  }
  const embedding = reader.tensors().find(({ name }) => name === 'token_embd.weight');
  const config = parseModelConfig({
    model_type: family.modelTypes[0],
    vocab_size: embedding?.shape[0] ?? own.required('vocab_size'),
    tie_word_embeddings: !reader.has('output.weight'),
    bos_token_id: metadata.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: endTokens(metadata),
    pad_token_id: metadata.number('tokenizer.ggml.padding_token_id') ?? null,
    ...family.gguf.configFields(own),
  });
  own.refuseUnless('attention.causal', 1);
  metadata.refuseUnread(`${architecture}.`, (key) => descriptive.has(key.slice(architecture.length + 1)));
  const known = new Set(ggufTensors(config).map(({ name }) => name));
  refuseUnreadTensors(
    reader.tensors().map(({ name }) => name),
    (name) => known.has(name),
    reader.path,
    'Serve the file as it is; it cannot be evaluated, trained on or quantized here.',
  );
  return config;
}

/** Keys of an architecture that repeat what the tensors say, or only tell how the model was made. */
const descriptive = new Set(['vocab_size', 'rope.scaling.finetuned']);

/** Keys about the vocabulary that say what tokens are called or how a chat is written, not how a text is cut. */
const vocabularyKeys =
  /\.(scores|[a-z_]*_token_id|add_space_prefix|token_type_count|huggingface\.json)$|^tokenizer\.chat_template/;

function endTokens(metadata: MetadataReader): number[] {
  const ids = ['eos', 'eot'].map((kind) => metadata.number(`tokenizer.ggml.${kind}_token_id`));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** `enum llama_token_type`: control and user-defined tokens are added ones. */
const addedTokenTypes = new Map([
  [3, true],
  [4, false],
]);

function tokenizerOf(metadata: MetadataReader): TokenizerFiles | undefined {
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
  metadata.refuseUnread('tokenizer.', (key) => vocabularyKeys.test(key));
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
