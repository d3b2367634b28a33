import { setImmediate } from 'node:timers/promises';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { Work } from '../../runtime/progress.ts';
import type { TokenizerFiles } from '../model-directory.ts';
import { byteCharacters } from './byte-alphabet.ts';
import { ownCopy } from './own-copy.ts';
import { PairHeap } from './pair-heap.ts';
import { matchAnyOf, preTokenizerJsonFor, trainablePatterns } from './pre-tokenizer.ts';

export interface BpeTrainingSettings {
  /** Tokens in all: special tokens, 256 bytes, merges. Reached unless the text has too few repeated pairs. */
  vocabSize: number;
  /** Get the first ids, in this order; never split, never merged into. */
  specialTokens: readonly string[];
  /** Those of the special tokens that belong to the text: decoding shows them (GGUF calls them user-defined). */
  shownTokens?: readonly string[];
  preTokenizer?: keyof typeof trainablePatterns;
  bosToken?: string;
  eosToken?: string;
  padToken?: string;
  /** Jinja template that renders a conversation as one prompt. */
  chatTemplate?: string;
  /** Longest input in tokens that the model takes. */
  contextLength?: number;
}

/**
 * Trains a byte-level BPE tokenizer (Sennrich et al. 2016; bytes as in GPT-2) and returns it as Hugging Face files.
 * Merges come most frequent first, equal counts by lower ids: the result depends on the texts and settings alone.
 * Pair counts are kept up to date merge by merge over the unique pre-tokens, so the cost hardly grows with the text.
 */
export async function trainByteLevelBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  settings: BpeTrainingSettings,
  work?: Work,
): Promise<TokenizerFiles> {
  const preTokenizer = settings.preTokenizer ?? 'qwen2';
  const firstByteId = settings.specialTokens.length;
  const mergesWanted = settings.vocabSize - firstByteId - 256;
  checkSettings(settings, mergesWanted);
  const words = await countPreTokens(texts, trainablePatterns[preTokenizer], settings.specialTokens, work);
  if (words.size === 0) {
    throw new FtsError('invalid-input', 'The training text for the tokenizer is empty.', {
      field: 'texts',
      remedy: 'Give at least one text that is not empty.',
    });
  }
  const corpus = new MergeCorpus(words, firstByteId);
  const vocabulary = [...settings.specialTokens, ...byteCharacters];
  const idOfToken = new Map(vocabulary.map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  const rules = new Set<string>();
  while (vocabulary.length < settings.vocabSize) {
    const pair = corpus.mostFrequentPair();
    if (pair === undefined) break;
    const parts: [string, string] = [vocabulary[pair.left]!, vocabulary[pair.right]!];
    const token = parts[0] + parts[1];
    // Two merges may spell the same token ("a"+"bc", "ab"+"c"): one id then, as in the reference implementation.
    let id = idOfToken.get(token);
    if (id === undefined) {
      id = vocabulary.push(token) - 1;
      idOfToken.set(token, id);
    }
    corpus.merge(pair, id);
    // A pair can come back when a token is spelled a second way; its rule is already there.
    const rule = `${parts[0]} ${parts[1]}`;
    if (rules.has(rule)) continue;
    rules.add(rule);
    merges.push(parts);
    if (merges.length % 256 === 0) {
      work?.report({
        stage: 'train tokenizer',
        done: vocabulary.length - firstByteId - 256,
        total: mergesWanted,
        unit: 'items',
      });
      await setImmediate();
      throwIfAborted(work?.signal);
    }
  }
  return toTokenizerFiles(settings, preTokenizer, vocabulary, merges);
}

function checkSettings(settings: BpeTrainingSettings, mergesWanted: number): void {
  const { vocabSize, specialTokens } = settings;
  if (!Number.isInteger(vocabSize) || mergesWanted < 0) {
    throw new FtsError('invalid-input', `A vocabulary of ${vocabSize} tokens cannot hold all bytes.`, {
      field: 'vocabSize',
      value: vocabSize,
      remedy: `Use at least ${256 + specialTokens.length}: 256 bytes and ${specialTokens.length} special tokens.`,
    });
  }
  const unique = new Set(specialTokens);
  if (unique.size !== specialTokens.length || unique.has('')) {
    throw new FtsError('invalid-input', 'Special tokens must differ and must not be empty.', {
      field: 'specialTokens',
      value: specialTokens,
      remedy: 'Name each special token once.',
    });
  }
  for (const field of ['bosToken', 'eosToken', 'padToken'] as const) {
    const token = settings[field];
    if (token !== undefined && !unique.has(token)) {
      throw new FtsError('invalid-input', `"${token}" is not one of the special tokens.`, {
        field,
        value: token,
        remedy: `Add it to specialTokens: ${specialTokens.join(', ')}.`,
      });
    }
  }
}

/** How often each pre-token occurs, special tokens cut out. */
async function countPreTokens(
  texts: Iterable<string> | AsyncIterable<string>,
  pattern: string,
  specialTokens: readonly string[],
  work: Work | undefined,
): Promise<Map<string, number>> {
  const expression = new RegExp(pattern, 'gu');
  const special = matchAnyOf(specialTokens);
  const isSpecial = new Set(specialTokens);
  const counts = new Map<string, number>();
  let characters = 0;
  let nextPause = 1 << 20;
  for await (const text of texts) {
    const stretches = special === undefined ? [text] : text.split(special);
    for (const stretch of stretches) {
      if (isSpecial.has(stretch)) continue;
      for (const word of stretch.match(expression) ?? []) {
        const count = counts.get(word);
        counts.set(count === undefined ? ownCopy(word) : word, (count ?? 0) + 1);
      }
    }
    characters += text.length;
    if (characters >= nextPause) {
      nextPause = characters + (1 << 20);
      work?.report({ stage: 'count words', done: characters, unit: 'bytes' });
      await setImmediate();
      throwIfAborted(work?.signal);
    }
  }
  return counts;
}

interface PairState {
  left: number;
  right: number;
  count: number;
  /** Where the pair stands, or stood: each place is checked again when the pair is merged. */
  places: number[];
}

/** All unique pre-tokens as doubly linked symbols in flat arrays, with the count and the places of every pair. */
class MergeCorpus {
  readonly #symbols: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Occurrences in the text of the pre-token that a place belongs to. */
  readonly #weights: Int32Array;
  readonly #pairs = new Map<number, PairState>();
  readonly #heap = new PairHeap();
  readonly #changed = new Set<PairState>();

  constructor(words: Map<string, number>, firstByteId: number) {
    const encoder = new TextEncoder();
    const encoded = [...words].map(([word, count]) => ({ bytes: encoder.encode(word), count }));
    const length = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#symbols = new Int32Array(length);
    this.#next = new Int32Array(length).fill(-1);
    this.#previous = new Int32Array(length).fill(-1);
    this.#weights = new Int32Array(length);
    let place = 0;
    for (const { bytes, count } of encoded) {
      for (let i = 0; i < bytes.length; i++, place++) {
        this.#symbols[place] = firstByteId + bytes[i]!;
        this.#weights[place] = count;
        if (i === 0) continue;
        this.#next[place - 1] = place;
        this.#previous[place] = place - 1;
        this.#add(place - 1, count);
      }
    }
    this.#queueChanged();
  }

  /** The pair to merge next; undefined when no pair occurs twice. */
  mostFrequentPair(): PairState | undefined {
    for (let top = this.#heap.pop(); top !== undefined; top = this.#heap.pop()) {
      const pair = this.#pairs.get(pairKey(top.left, top.right));
      if (pair === undefined || pair.count < 2) continue;
      if (pair.count === top.count) return pair;
      this.#heap.push(pair.count, pair.left, pair.right);
    }
    return undefined;
  }

  merge({ left, right, places }: PairState, merged: number): void {
    this.#pairs.delete(pairKey(left, right));
    for (const place of places) {
      const second = this.#next[place]!;
      // The place is stale if either symbol has been merged away since.
      if (this.#symbols[place] !== left || second === -1 || this.#symbols[second] !== right) continue;
      const weight = this.#weights[place]!;
      const before = this.#previous[place]!;
      const after = this.#next[second]!;
      if (before !== -1) this.#add(before, -weight);
      if (after !== -1) this.#add(second, -weight);
      this.#symbols[place] = merged;
      this.#symbols[second] = -1;
      this.#next[place] = after;
      if (after !== -1) {
        this.#previous[after] = place;
        this.#add(place, weight);
      }
      if (before !== -1) this.#add(before, weight);
    }
    this.#queueChanged();
  }

  /** Counts the pair that starts at a place up or down. */
  #add(place: number, weight: number): void {
    const left = this.#symbols[place]!;
    const right = this.#symbols[this.#next[place]!]!;
    const key = pairKey(left, right);
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      if (weight < 0) return;
      pair = { left, right, count: 0, places: [] };
      this.#pairs.set(key, pair);
    }
    pair.count += weight;
    if (weight < 0) return;
    pair.places.push(place);
    this.#changed.add(pair);
  }

  /** Puts the pairs whose count rose on the heap; a count that fell is noticed when its entry comes up. */
  #queueChanged(): void {
    for (const { count, left, right } of this.#changed) if (count > 1) this.#heap.push(count, left, right);
    this.#changed.clear();
  }
}

/** Unique for ids below 2^26; a plain number, since a string key would cost most of the time. */
function pairKey(left: number, right: number): number {
  return left * 0x4000000 + right;
}

function toTokenizerFiles(
  settings: BpeTrainingSettings,
  preTokenizer: keyof typeof trainablePatterns,
  vocabulary: readonly string[],
  merges: readonly [string, string][],
): TokenizerFiles {
  const shown = new Set(settings.shownTokens);
  const addedTokens = settings.specialTokens.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: !shown.has(content),
  }));
  const tokenizerJson = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    normalizer: null,
    pre_tokenizer: preTokenizerJsonFor(preTokenizer),
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: false,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(addedTokens.map(({ id, ...token }) => [id, token])),
    ...(settings.bosToken === undefined ? {} : { bos_token: settings.bosToken }),
    ...(settings.eosToken === undefined ? {} : { eos_token: settings.eosToken }),
    ...(settings.padToken === undefined ? {} : { pad_token: settings.padToken }),
    ...(settings.contextLength === undefined ? {} : { model_max_length: settings.contextLength }),
    ...(settings.chatTemplate === undefined ? {} : { chat_template: settings.chatTemplate }),
  };
  return {
    tokenizerJson: `${JSON.stringify(tokenizerJson)}\n`,
    tokenizerConfigJson: `${JSON.stringify(tokenizerConfig, null, 2)}\n`,
  };
}
