import type { ParameterSpec } from '../../model/architectures/parameter.ts';
import { evaluationGraph, type ModelVariant } from '../../model/architectures/training-graph.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { sfc32 } from '../../random/sfc32.ts';
import type { TensorData } from '../../runtime/onnxruntime/element-type.ts';
import type { Binding } from '../../runtime/onnxruntime/session.ts';
import { Program } from '../../tensor/program.ts';

const TEMPERATURE = 0.8;
const TOP_K = 40;

/** Generates short sample texts with the current weights during training. */
export class Sampler {
  readonly #program: Program;
  readonly #binding: Binding;
  readonly #tokens: Int32Array;
  readonly #logits: Float32Array;
  readonly #columns: number;
  readonly #tokenizer: Tokenizer;
  readonly #vocabSize: number;

  constructor(
    config: ModelConfig,
    specs: readonly ParameterSpec[],
    arrays: Readonly<Record<string, TensorData>>,
    tokenizer: Tokenizer,
    { length, variant }: { length: number; variant: ModelVariant },
  ) {
    const { graph, logitColumns } = evaluationGraph(config, specs, {
      batch: 1,
      length,
      packed: false,
      logits: true,
      ...variant,
    });
    this.#program = new Program(graph);
    this.#tokens = new Int32Array(length);
    this.#logits = new Float32Array(length * logitColumns);
    this.#columns = logitColumns;
    this.#tokenizer = tokenizer;
    this.#vocabSize = config.vocabSize;
    this.#binding = this.#program.bind({ ...arrays, tokens: this.#tokens }, { logits: this.#logits });
  }

  /** The prompt with up to `count` generated tokens, ending at the end token. The same seed gives the same text. */
  async text(prompt: string, count: number, seed: number): Promise<string> {
    const random = sfc32(seed, 0x5a3b1e);
    const ids = this.#tokenizer.encode(prompt === '' ? '\n' : prompt);
    for (let made = 0; made < count; made++) {
      const window = ids.slice(-this.#tokens.length);
      this.#tokens.fill(0);
      this.#tokens.set(window);
      await this.#binding.runAsync();
      const from = (window.length - 1) * this.#columns;
      const next = draw(this.#logits.subarray(from, from + this.#vocabSize), random());
      if (next === this.#tokenizer.eosTokenId) break;
      ids.push(next);
    }
    return this.#tokenizer.decode(ids);
  }

  close(): void {
    this.#program.close();
  }
}

/** Samples one of the `TOP_K` most likely tokens at the temperature. */
function draw(logits: Float32Array, uniform: number): number {
  const best = Array.from(logits, (logit, id) => ({ logit, id }))
    .sort((a, b) => b.logit - a.logit)
    .slice(0, TOP_K);
  const weights = best.map(({ logit }) => Math.exp((logit - best[0]!.logit) / TEMPERATURE));
  let rest = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return best[index]!.id;
  }
  return best[0]!.id;
}
