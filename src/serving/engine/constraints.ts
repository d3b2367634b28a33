import { type ConstraintSource, compileConstraint } from '../../constraint/compile-constraint.ts';
import { tooComplex } from '../../constraint/limits.ts';
import { Matcher } from '../../constraint/matcher.ts';
import type { Pushdown } from '../../constraint/pushdown.ts';
import { TokenMasks } from '../../constraint/token-masks.ts';
import { VocabularyTree } from '../../constraint/vocabulary.ts';
import { isWornOut, newWorkshop, type Workshop } from '../../constraint/workshop.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { LlamaModel } from '../llama/model.ts';
import type { Constraint } from '../sampling/sampler.ts';

/** Compiled constraints kept for later requests with the same source. */
const KEPT = 64;
/** Most forced bytes returned by one call. */
const MOST_FORCED_BYTES = 200;

interface Compiled {
  machine: Pushdown;
  masks: TokenMasks;
}

/** The constraints of one model: its vocabulary as a tree, built on first use, and the compiled constraints. */
export class Constraints {
  private readonly model: LlamaModel;
  private readonly ends: ReadonlySet<number>;
  private readonly compiled = new Map<string, Compiled>();
  private tree: VocabularyTree | undefined;
  private workshop: Workshop | undefined;
  private masks: TokenMasks | undefined;

  constructor(model: LlamaModel, endTokens: readonly number[]) {
    this.model = model;
    this.ends = new Set(endTokens);
  }

  /** A constraint at its start state. Errors: `invalid-input` if the source is refused. */
  open(source: ConstraintSource): Constraint {
    const { machine, masks } = this.compiledOf(source);
    return new TokenConstraint(new Matcher(machine, masks, (token) => this.model.piece(token)), masks.tree, this.ends);
  }

  private compiledOf(source: ConstraintSource): Compiled {
    const key = keyOf(source);
    let compiled = this.compiled.get(key);
    if (compiled === undefined) {
      const { workshop, masks } = this.ready();
      compiled = { machine: compileConstraint(source, workshop), masks };
    } else this.compiled.delete(key);
    this.compiled.set(key, compiled);
    if (this.compiled.size > KEPT) this.compiled.delete(this.compiled.keys().next().value!);
    return compiled;
  }

  private ready(): { workshop: Workshop; masks: TokenMasks } {
    this.tree ??= this.vocabulary();
    if (this.workshop === undefined || this.masks === undefined || isWornOut(this.workshop)) {
      // What was compiled before would keep the old workshop in memory.
      this.compiled.clear();
      this.workshop = newWorkshop();
      this.masks = new TokenMasks(this.tree, this.workshop.lexer);
      this.masks.warm();
    }
    return { workshop: this.workshop, masks: this.masks };
  }

  private vocabulary(): VocabularyTree {
    const texts = Array.from({ length: this.model.vocabSize }, (_, token) =>
      this.ends.has(token) ? undefined : this.model.piece(token),
    );
    return new VocabularyTree(texts);
  }
}

function keyOf(source: ConstraintSource): string {
  try {
    return JSON.stringify(source);
  } catch (error) {
    throw error instanceof RangeError ? tooComplex('it is nested too deeply') : error;
  }
}

/** Adapts a matcher to the sampler: end-of-generation tokens are allowed whenever the text may end. */
class TokenConstraint implements Constraint {
  private readonly matcher: Matcher;
  private readonly tree: VocabularyTree;
  private readonly ends: ReadonlySet<number>;

  constructor(matcher: Matcher, tree: VocabularyTree, ends: ReadonlySet<number>) {
    this.matcher = matcher;
    this.tree = tree;
    this.ends = ends;
  }

  get isComplete(): boolean {
    return this.matcher.mustEnd;
  }

  allows(token: number): boolean {
    return this.ends.has(token) ? this.matcher.canEnd : this.matcher.allows(token);
  }

  mask(logits: Float32Array): void {
    const bits = this.matcher.mask();
    const { places } = this.tree;
    const { canEnd } = this.matcher;
    let allowed = 0;
    for (let token = 0; token < logits.length; token++) {
      const place = places[token]!;
      if (place >= 0 && (bits[place >> 5]! & (1 << (place & 31))) !== 0) allowed++;
      else if (canEnd && place < 0 && this.ends.has(token)) allowed++;
      else logits[token] = -Infinity;
    }
    if (allowed > 0) return;
    throw new FtsError('invalid-input', "No token of the model's vocabulary can follow under this constraint.", {
      field: 'response_format',
      remedy: 'Relax the schema or the grammar, or use a model whose vocabulary has all bytes.',
    });
  }

  accept(token: number): void {
    if (!this.ends.has(token)) this.matcher.advance(token);
  }

  forced(): Uint8Array {
    return this.matcher.forced(MOST_FORCED_BYTES);
  }
}
