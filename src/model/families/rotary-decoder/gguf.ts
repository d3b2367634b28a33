import type { ArchitectureMetadata } from '../../gguf/architecture-metadata.ts';
import { float32, type GgufValue, string, uint32 } from '../../gguf/gguf-value.ts';
import type { ModelConfig } from '../../model-config.ts';

/** What llama.cpp wants to know of a rotary decoder besides its counts. */
export function decoderMetadata(config: ModelConfig): [string, GgufValue][] {
  const { normEpsilon, headDim, ropeTheta = 10_000, ropeScaling } = config;
  return [
    ['attention.layer_norm_rms_epsilon', float32(normEpsilon)],
    ['attention.key_length', uint32(headDim)],
    ['attention.value_length', uint32(headDim)],
    ['rope.dimension_count', uint32(headDim)],
    ['rope.freq_base', float32(ropeTheta)],
    ...(ropeScaling?.type === 'linear'
      ? ([
          ['rope.scaling.type', string('linear')],
          ['rope.scaling.factor', float32(ropeScaling.factor)],
        ] as [string, GgufValue][])
      : []),
  ];
}

/** The inverse: the fields of `config.json` that `parseDecoder` reads. */
export function decoderFieldsOf(metadata: ArchitectureMetadata): Record<string, unknown> {
  const scaling = metadata.text('rope.scaling.type');
  const heads = metadata.required('attention.head_count');
  return {
    hidden_size: metadata.required('embedding_length'),
    num_hidden_layers: metadata.required('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.number('attention.head_count_kv') ?? heads,
    head_dim: metadata.number('attention.key_length') ?? metadata.number('rope.dimension_count') ?? null,
    intermediate_size: metadata.required('feed_forward_length'),
    max_position_embeddings: metadata.required('context_length'),
    rms_norm_eps: metadata.required('attention.layer_norm_rms_epsilon'),
    rope_theta: metadata.number('rope.freq_base') ?? 10_000,
    rope_scaling:
      scaling === undefined || scaling === 'none'
        ? null
        : { rope_type: scaling, factor: metadata.required('rope.scaling.factor') },
  };
}
