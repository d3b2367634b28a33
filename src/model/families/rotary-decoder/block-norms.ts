import type { ModelShape } from '../../model-config.ts';

/** A norm of a block: its name in checkpoints and in GGUF files. */
interface BlockNorm {
  name: string;
  gguf: string;
}

interface NormsAround {
  before?: BlockNorm;
  after?: BlockNorm;
}

/** Which norms stand before and after the two parts of a block. */
export function blockNorms({ norms }: Pick<ModelShape, 'norms'>): { attention: NormsAround; feedForward: NormsAround } {
  const beforeAttention = { name: 'input_layernorm', gguf: 'attn_norm' };
  const afterAttention = { name: 'post_attention_layernorm', gguf: 'post_attention_norm' };
  const afterFeedForward = { name: 'post_feedforward_layernorm', gguf: 'post_ffw_norm' };
  switch (norms) {
    case undefined:
      // In a checkpoint of this kind "post attention" names the norm before the feed-forward layer.
      return {
        attention: { before: beforeAttention },
        feedForward: { before: { name: 'post_attention_layernorm', gguf: 'ffn_norm' } },
      };
    case 'around':
      return {
        attention: { before: beforeAttention, after: afterAttention },
        feedForward: { before: { name: 'pre_feedforward_layernorm', gguf: 'ffn_norm' }, after: afterFeedForward },
      };
    case 'after':
      return { attention: { after: afterAttention }, feedForward: { after: afterFeedForward } };
  }
}
