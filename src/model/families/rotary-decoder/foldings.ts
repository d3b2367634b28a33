import type { Folding } from '../family.ts';

/** Norms give their outputs to the layers behind them; values and `up` reach the next matrix without a bend between. */
export const decoderFoldings: readonly Folding[] = [
  { weight: 'self_attn.q_proj.weight', into: 'vectors', vectors: ['input_layernorm.weight'] },
  { weight: 'self_attn.o_proj.weight', into: 'outputs', module: 'self_attn.v_proj', shared: 'value heads' },
  { weight: 'mlp.gate_proj.weight', into: 'vectors', vectors: ['post_attention_layernorm.weight'] },
  { weight: 'mlp.down_proj.weight', into: 'outputs', module: 'mlp.up_proj', shared: 'one to one' },
];
