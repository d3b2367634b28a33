import { FtsError } from '../../errors/fts-error.ts';
import type { Llama } from './library.ts';
import type { Pointer } from './structs.ts';

/** A loaded GGUF model with its vocabulary, metadata and shape. Contexts and requests are handled elsewhere. */
export class LlamaModel {
  readonly path: string;
  readonly pointer: Pointer;
  readonly vocab: Pointer;
  readonly vocabSize: number;
  readonly bosToken: number;
  readonly eosToken: number;
  readonly trainedContextTokens: number;
  readonly embeddingWidth: number;
  private readonly llama: Llama;
  private readonly pieces: (Buffer | undefined)[];

  private constructor(llama: Llama, path: string, pointer: Pointer) {
    this.llama = llama;
    this.path = path;
    this.pointer = pointer;
    this.vocab = llama.modelVocab(pointer);
    this.vocabSize = llama.vocabTokens(this.vocab);
    this.bosToken = llama.vocabBos(this.vocab);
    this.eosToken = llama.vocabEos(this.vocab);
    this.trainedContextTokens = llama.modelContextTrain(pointer);
    this.embeddingWidth = llama.modelEmbeddingWidth(pointer);
    this.pieces = new Array(this.vocabSize);
  }

  /** Loads a GGUF file, memory-mapped. Errors: `corrupt` if libllama refuses it, `invalid-input` for encoder models. */
  static load(llama: Llama, path: string, options: { gpuLayers: number }): LlamaModel {
    const params = llama.modelDefaultParams();
    params.n_gpu_layers = options.gpuLayers;
    const pointer = llama.modelLoad(path, params);
    if (pointer === null) {
      throw new FtsError('corrupt', `llama.cpp cannot load ${path}.`, {
        field: 'ggufPath',
        value: path,
        remedy: 'Check that the file is a complete GGUF of an architecture that llama.cpp v0.4.0 supports.',
      });
    }
    if (llama.modelHasEncoder(pointer)) {
      llama.modelFree(pointer);
      throw new FtsError('invalid-input', `${path} is an encoder-decoder model; the engine serves decoders.`, {
        field: 'ggufPath',
        value: path,
        remedy: 'Serve a decoder-only model.',
      });
    }
    return new LlamaModel(llama, path, pointer);
  }

  /**
   * Text to token ids. `special` recognises control tokens written out in the text, as chat templates write them; `bos`
   * adds the beginning-of-sequence token if the model uses one and the text does not already begin with it.
   */
  tokenize(text: string, options: { special: boolean; bos: boolean }): number[] {
    const bytes = Buffer.from(text, 'utf8');
    let tokens = new Int32Array(bytes.length + 8);
    const call = () =>
      this.llama.tokenize(this.vocab, bytes, bytes.length, tokens, tokens.length, options.bos, options.special);
    let count = call();
    if (count < 0) {
      tokens = new Int32Array(-count);
      count = call();
    }
    const ids = Array.from(tokens.subarray(0, count));
    const doubled = options.bos && ids.length > 1 && ids[0] === this.bosToken && ids[1] === this.bosToken;
    return doubled ? ids.slice(1) : ids;
  }

  /** The bytes of one token; control tokens have none unless `special`. A token may hold only part of a character. */
  piece(token: number, special = false): Buffer {
    if (!special) {
      const known = this.pieces[token];
      if (known !== undefined) return known;
    }
    let buffer = Buffer.alloc(64);
    let length = this.llama.tokenToPiece(this.vocab, token, buffer, buffer.length, 0, special);
    if (length < 0) {
      buffer = Buffer.alloc(-length);
      length = this.llama.tokenToPiece(this.vocab, token, buffer, buffer.length, 0, special);
    }
    const piece = buffer.subarray(0, length);
    if (!special) this.pieces[token] = piece;
    return piece;
  }

  /** The tokens of a text in the middle of a generation; empty if no tokens spell it exactly. */
  split(bytes: Uint8Array): number[] {
    // Some tokenizers add a space before the first word, so a line end goes before the text and is cut off again.
    const tokens = this.tokenize(`\n${Buffer.from(bytes).toString('utf8')}`, { special: false, bos: false });
    let surplus = tokens.reduce((sum, token) => sum + this.piece(token).length, 0) - bytes.length;
    let first = 0;
    while (surplus > 0) surplus -= this.piece(tokens[first++]!).length;
    const own = tokens.slice(first);
    return Buffer.concat(own.map((token) => this.piece(token))).equals(bytes) ? own : [];
  }

  isEndOfGeneration(token: number): boolean {
    return this.llama.vocabIsEndOfGeneration(this.vocab, token);
  }

  /** Every token that ends a generation, for `ignore_eos` and for minimum lengths. */
  endOfGenerationTokens(): number[] {
    const tokens: number[] = [];
    for (let token = 0; token < this.vocabSize; token++) if (this.isEndOfGeneration(token)) tokens.push(token);
    return tokens;
  }

  isValidToken(token: number): boolean {
    return Number.isInteger(token) && token >= 0 && token < this.vocabSize;
  }

  /** The Jinja chat template of the GGUF; null if it has none. */
  get chatTemplate(): string | null {
    return this.llama.modelChatTemplate(this.pointer, null);
  }

  get shape(): ModelShape {
    const { llama, pointer } = this;
    return {
      description: this.text((buffer) => llama.modelDescription(pointer, buffer, buffer.length)),
      parameters: Number(llama.modelParameters(pointer)),
      sizeBytes: Number(llama.modelSizeBytes(pointer)),
      layers: llama.modelLayers(pointer),
      heads: llama.modelHeads(pointer),
      kvHeads: llama.modelKvHeads(pointer),
      embeddingWidth: this.embeddingWidth,
      vocabSize: this.vocabSize,
      trainedContextTokens: this.trainedContextTokens,
    };
  }

  /** The scalar metadata of the GGUF, as text; long values (templates, merges) are truncated. */
  metadata(): Record<string, string> {
    const { llama, pointer } = this;
    const entries: Record<string, string> = {};
    for (let index = 0; index < llama.modelMetaCount(pointer); index++) {
      const key = this.text((buffer) => llama.modelMetaKey(pointer, index, buffer, buffer.length));
      entries[key] = this.text((buffer) => llama.modelMetaValue(pointer, index, buffer, buffer.length));
    }
    return entries;
  }

  free(): void {
    this.llama.modelFree(this.pointer);
  }

  private text(read: (buffer: Buffer) => number): string {
    const buffer = Buffer.alloc(4096);
    const length = read(buffer);
    return length <= 0 ? '' : buffer.toString('utf8', 0, Math.min(length, buffer.length - 1));
  }
}

export interface ModelShape {
  description: string;
  parameters: number;
  sizeBytes: number;
  layers: number;
  heads: number;
  kvHeads: number;
  embeddingWidth: number;
  vocabSize: number;
  trainedContextTokens: number;
}
