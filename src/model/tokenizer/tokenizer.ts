import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import type { TokenizerFiles } from '../model-directory.ts';
import { tokenTextToBytes } from './byte-alphabet.ts';
import { ownCopy } from './own-copy.ts';
import { matchAnyOf, type PreTokenizerName, recognisePreTokenizer, trainablePatterns } from './pre-tokenizer.ts';

const preTokenizerSchema = z.looseObject({
  type: z.string(),
  use_regex: z.boolean().optional(),
  individual_digits: z.boolean().optional(),
  pattern: z.object({ Regex: z.string().optional(), String: z.string().optional() }).optional(),
  get pretokenizers() {
    return z.array(preTokenizerSchema).optional();
  },
});

const tokenizerJsonSchema = z.looseObject({
  added_tokens: z
    .array(
      z.looseObject({
        id: z.int().nonnegative(),
        content: z.string(),
        special: z.boolean().default(false),
        lstrip: z.boolean().default(false),
        rstrip: z.boolean().default(false),
        single_word: z.boolean().default(false),
      }),
    )
    .default([]),
  normalizer: z.looseObject({ type: z.string() }).nullish(),
  pre_tokenizer: preTokenizerSchema.nullish(),
  model: z.looseObject({
    type: z.string().optional(),
    vocab: z.union([z.record(z.string(), z.int().nonnegative()), z.array(z.unknown())]),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).optional(),
    ignore_merges: z.boolean().optional(),
  }),
});

const namedToken = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);
const chatTemplates = z.union([
  z.string(),
  z
    .array(z.object({ name: z.string(), template: z.string() }))
    .transform((list) => (list.find(({ name }) => name === 'default') ?? list[0])?.template),
]);

const tokenizerConfigSchema = z.looseObject({
  bos_token: namedToken.nullish(),
  eos_token: namedToken.nullish(),
  pad_token: namedToken.nullish(),
  unk_token: namedToken.nullish(),
  add_bos_token: z.boolean().nullish(),
  chat_template: chatTemplates.nullish(),
});

/** A token with a fixed text; `special` ones are control tokens, such as the end of a text. */
export type AddedToken = z.output<typeof tokenizerJsonSchema>['added_tokens'][number];

/** A byte-level BPE vocabulary as GGUF files store it. */
export interface BytePairVocabulary {
  /** Text of each token, by id. */
  tokens: readonly string[];
  /** `left right`, in order of priority. */
  merges: readonly string[];
  addedTokens: readonly AddedToken[];
  preTokenizer: PreTokenizerName;
}

/** Text to token ids and back, as the model was trained with. */
export class Tokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number | undefined;
  readonly eosTokenId: number | undefined;
  readonly padTokenId: number | undefined;
  readonly unkTokenId: number | undefined;
  /** Whether a prompt starts with the beginning-of-text token. */
  readonly addsBosToken: boolean;
  readonly addedTokens: readonly AddedToken[];
  /** Jinja source, where the model has a conversation format. */
  readonly chatTemplate: string | undefined;
  readonly #inner: HuggingFaceTokenizer;
  readonly #json: z.output<typeof tokenizerJsonSchema>;
  readonly #pieces: PieceEncoder | undefined;

  private constructor(files: TokenizerFiles) {
    this.#json = parseJsonWith(tokenizerJsonSchema, files.tokenizerJson, 'tokenizer.json');
    const configText = files.tokenizerConfigJson ?? '{}';
    const config = parseJsonWith(tokenizerConfigSchema, configText, 'tokenizer_config.json');
    this.#inner = createInner(files.tokenizerJson, configText);
    this.addedTokens = this.#json.added_tokens;
    const { vocab } = this.#json.model;
    const ids = Array.isArray(vocab) ? [vocab.length - 1] : Object.values(vocab);
    this.vocabSize =
      1 +
      largest(
        ids,
        largest(
          this.addedTokens.map(({ id }) => id),
          -1,
        ),
      );
    const idOf = (token: string | null | undefined) => (token == null ? undefined : this.tokenToId(token));
    this.bosTokenId = idOf(config.bos_token);
    this.eosTokenId = idOf(config.eos_token);
    this.padTokenId = idOf(config.pad_token);
    this.unkTokenId = idOf(config.unk_token);
    // Templates and flags both exist in the wild: what the tokenizer does to an empty text is what counts.
    this.addsBosToken = this.bosTokenId !== undefined && this.#inner.encode('').ids[0] === this.bosTokenId;
    this.#pieces = this.#createPieceEncoder();
    this.chatTemplate = files.chatTemplate ?? config.chat_template ?? undefined;
  }

  /** Throws `corrupt` or `invalid-input` where the files do not describe a tokenizer that can be used. */
  static fromFiles(files: TokenizerFiles): Tokenizer {
    return new Tokenizer(files);
  }

  /** Token ids of a text. Special tokens written out in the text are recognised. */
  encode(text: string, { addSpecialTokens = false } = {}): number[] {
    if (text === '' && !addSpecialTokens) return [];
    if (!addSpecialTokens && this.#pieces !== undefined) return this.#pieces.encode(text);
    return this.#inner.encode(text, { add_special_tokens: addSpecialTokens }).ids;
  }

  /** The text of token ids; an incomplete UTF-8 sequence becomes U+FFFD. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = false } = {}): string {
    if (ids.length === 0) return '';
    return this.#inner.decode(Array.from(ids), { skip_special_tokens: skipSpecialTokens });
  }

  tokenToId(token: string): number | undefined {
    return this.#inner.token_to_id(token);
  }

  idToToken(id: number): string | undefined {
    return this.#inner.id_to_token(id);
  }

  /** How many bytes of text a token stands for: what a loss per token is divided by to give one per byte. */
  byteLength(id: number): number {
    const token = this.idToToken(id) ?? '';
    if (this.addedTokens.some((added) => added.id === id)) return new TextEncoder().encode(token).length;
    return (tokenTextToBytes(token) ?? new TextEncoder().encode(token)).length;
  }

  #createPieceEncoder(): PieceEncoder | undefined {
    const { normalizer, pre_tokenizer: preTokenizer, model } = this.#json;
    const name = preTokenizer == null ? undefined : recognisePreTokenizer(preTokenizer);
    if (normalizer != null || model.type !== 'BPE' || (name !== 'gpt-2' && name !== 'qwen2')) return undefined;
    if (this.addedTokens.some((token) => token.content === '' || token.lstrip || token.rstrip || token.single_word)) {
      return undefined;
    }
    return new PieceEncoder(
      trainablePatterns[name],
      this.addedTokens,
      (piece) => this.#inner.encode(piece, { add_special_tokens: false }).ids,
    );
  }

  /** The vocabulary for a GGUF file. Throws `invalid-input` if llama.cpp would tokenize differently. */
  bytePairVocabulary(): BytePairVocabulary {
    const { model, pre_tokenizer: preTokenizer, normalizer } = this.#json;
    const name = preTokenizer == null ? undefined : recognisePreTokenizer(preTokenizer);
    const isBytePair = model.type === 'BPE' && model.merges !== undefined && !Array.isArray(model.vocab);
    if (!isBytePair || name === undefined || (normalizer != null && normalizer.type !== 'NFC')) {
      throw new FtsError('invalid-input', 'This tokenizer has no counterpart in llama.cpp that is known here.', {
        field: 'tokenizer.json',
        value: { model: model.type, pre_tokenizer: preTokenizer?.type, normalizer: normalizer?.type },
        remedy: 'Use a byte-level BPE tokenizer with the pre-tokenizer of GPT-2, Llama 3, Qwen 2 or SmolLM.',
      });
    }
    const tokens: string[] = new Array(this.vocabSize);
    for (const [token, id] of Object.entries(model.vocab as Record<string, number>)) tokens[id] = token;
    for (const { id, content } of this.addedTokens) tokens[id] = content;
    const merges = model.merges!.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
    return { tokens, merges, addedTokens: this.addedTokens, preTokenizer: name };
  }
}

/**
 * Encodes piece by piece and remembers the ids of each: natural text repeats its words, so that this is several times
 * as fast as asking the library for the whole text. It holds where pieces do not depend on their neighbours.
 */
class PieceEncoder {
  readonly #expression: RegExp;
  readonly #addedTokens: RegExp | undefined;
  readonly #idOfAdded: ReadonlyMap<string, number>;
  readonly #encodePiece: (piece: string) => number[];
  readonly #known = new Map<string, number[]>();

  constructor(pattern: string, addedTokens: readonly AddedToken[], encodePiece: (piece: string) => number[]) {
    this.#expression = new RegExp(pattern, 'gu');
    this.#idOfAdded = new Map(addedTokens.map(({ content, id }) => [content, id]));
    this.#addedTokens = matchAnyOf(addedTokens.map(({ content }) => content));
    this.#encodePiece = encodePiece;
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    const sections = this.#addedTokens === undefined ? [text] : text.split(this.#addedTokens);
    for (const section of sections) {
      const added = this.#idOfAdded.get(section);
      if (added !== undefined) {
        ids.push(added);
        continue;
      }
      for (const piece of section.match(this.#expression) ?? []) {
        let known = this.#known.get(piece);
        if (known === undefined) {
          known = this.#encodePiece(piece);
          if (this.#known.size >= 200_000) this.#known.clear();
          this.#known.set(ownCopy(piece), known);
        }
        for (const id of known) ids.push(id);
      }
    }
    return ids;
  }
}

function createInner(tokenizerJson: string, configJson: string): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(JSON.parse(tokenizerJson), JSON.parse(configJson));
  } catch (error) {
    throw new FtsError('invalid-input', `The tokenizer cannot be used: ${(error as Error).message}`, {
      field: 'tokenizer.json',
      remedy: 'Use a model with a fast tokenizer (tokenizer.json) made of known components.',
      cause: error,
    });
  }
}

function largest(numbers: readonly number[], atLeast: number): number {
  return numbers.reduce((most, next) => Math.max(most, next), atLeast);
}
