import type { ModelShape } from '../../model-config.ts';
import type { Folding } from '../family.ts';
import { blockNorms } from './block-norms.ts';

/**
 * A norm scales the inputs of the layers behind it. Values reach the output projection by a weighted mean, and `up`
 * reaches `down` by a product: both can take a factor of their outputs.
 */
export function decoderFoldings(shape: ModelShape): Folding[] {
  const { attention, feedForward } = blockNorms(shape);
  const behindNorm = (weight: string, norm: { name: string } | undefined): Folding[] =>
    norm === undefined ? [] : [{ weight, into: 'vectors', vectors: [`${norm.name}.weight`] }];
  return [
    ...behindNorm('self_attn.q_proj.weight', attention.before),
    { weight: 'self_attn.o_proj.weight', into: 'outputs', module: 'self_attn.v_proj', shared: 'value heads' },
    ...behindNorm('mlp.gate_proj.weight', feedForward.before),
    { weight: 'mlp.down_proj.weight', into: 'outputs', module: 'mlp.up_proj', shared: 'one to one' },
  ];
}
