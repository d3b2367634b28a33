import { architectureOf } from '../model/architectures/architecture.ts';
import type { ParameterSpec } from '../model/architectures/parameter.ts';
import type { ModelConfig } from '../model/model-config.ts';
import { elementsOf } from '../tensor/shape.ts';

/**
 * Floating-point operations of forward and backward per token, by PaLM's count (arXiv:2204.02311, appendix B): 6 per
 * parameter that is multiplied, and 12 · layers · heads · headDim · length for attention, its causal half not deducted.
 */
export function trainingFlopsPerToken(config: ModelConfig, specs: readonly ParameterSpec[], length: number): number {
  const output = architectureOf(config).outputTable(config);
  const multiplied = specs
    .filter((spec) => spec.layout !== undefined || spec.name === output)
    .filter((spec) => !isLookup(spec, output))
    .reduce((sum, { source, shape }) => sum + Math.min(elementsOf(shape), elementsOf(source.shape)), 0);
  return 6 * multiplied + 12 * config.layers * config.heads * config.headDim * length;
}

function isLookup(spec: ParameterSpec, output: string): boolean {
  return /(embed_tokens|wte|wpe)/.test(spec.name) && spec.name !== output;
}
