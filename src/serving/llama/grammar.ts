import koffi from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import type { Constraint } from '../sampling/sampler.ts';
import type { Llama } from './library.ts';
import type { LlamaModel } from './model.ts';
import type { Pointer } from './structs.ts';

/** `llama_token_data`: id, logit, probability. */
const TOKEN_DATA_BYTES = 12;

/** A GBNF grammar over a model's vocabulary, walked by llama.cpp's own parser. */
export class GrammarConstraint implements Constraint {
  private readonly llama: Llama;
  private readonly sampler: Pointer;
  private readonly one = new CandidateArray(1);
  private all: CandidateArray | undefined;

  /** Errors: `invalid-input` where the grammar does not parse or has no rule `root`. */
  constructor(llama: Llama, model: LlamaModel, grammar: string) {
    this.llama = llama;
    this.sampler = llama.grammarInit(model.vocab, grammar, 'root');
    if (this.sampler === null) {
      throw new FtsError('invalid-input', 'The grammar does not parse as GBNF or lacks the rule `root`.', {
        field: 'grammar',
        value: grammar.slice(0, 200),
        remedy: 'Correct the grammar; the notation is described in grammars/README.md of llama.cpp.',
      });
    }
  }

  allows(token: number): boolean {
    this.one.fill([token], () => 0);
    this.llama.samplerApply(this.sampler, this.one.header);
    return this.one.logit(0) !== -Infinity;
  }

  mask(logits: Float32Array): void {
    this.all ??= new CandidateArray(logits.length);
    this.all.fill(logits.keys(), (token) => logits[token]!);
    this.llama.samplerApply(this.sampler, this.all.header);
    for (let row = 0; row < logits.length; row++) logits[row] = this.all.logit(row);
  }

  accept(token: number): void {
    this.llama.samplerAccept(this.sampler, token);
  }

  free(): void {
    this.llama.samplerFree(this.sampler);
  }
}

/** `llama_token_data_array` over memory of our own. */
class CandidateArray {
  readonly header = Buffer.alloc(32);
  private readonly ids: Int32Array;
  private readonly floats: Float32Array;

  constructor(size: number) {
    const data = Buffer.from(new ArrayBuffer(size * TOKEN_DATA_BYTES));
    this.ids = new Int32Array(data.buffer);
    this.floats = new Float32Array(data.buffer);
    this.header.writeBigUInt64LE(koffi.address(data), 0);
    this.header.writeBigUInt64LE(BigInt(size), 8);
  }

  fill(tokens: Iterable<number>, logit: (token: number) => number): void {
    let row = 0;
    for (const token of tokens) {
      this.ids[row * 3] = token;
      this.floats[row * 3 + 1] = logit(token);
      this.floats[row * 3 + 2] = 0;
      row++;
    }
    this.header.writeBigInt64LE(-1n, 16);
    this.header[24] = 0;
  }

  logit(row: number): number {
    return this.floats[row * 3 + 1]!;
  }
}
