import { outputTable, type ParameterSpec } from '../../model/architectures/parameter.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { elementsOf } from '../../tensor/shape.ts';

/**
 * Floating-point operations of the forward and backward pass per token, counted as for PaLM (arXiv:2204.02311, appendix
 * B): 6 per multiplied parameter, and 12 · layers · heads · headDim · length for attention, without deducting the
 * masked half.
 */
export function trainingFlopsPerToken(config: ModelConfig, specs: readonly ParameterSpec[], length: number): number {
  const output = outputTable(specs);
  const multiplied = specs
    .filter((spec) => spec.layout !== undefined || spec === output)
    .filter((spec) => !isLookup(spec, output))
    .reduce((sum, { source, shape }) => sum + Math.min(elementsOf(shape), elementsOf(source.shape)), 0);
  return 6 * multiplied + 12 * config.layers * config.heads * config.headDim * length;
}

function isLookup(spec: ParameterSpec, output: ParameterSpec): boolean {
  return (spec.role === 'token-embedding' || spec.role === 'position-embedding') && spec !== output;
}
