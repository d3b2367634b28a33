import { rotaryMagnitude, rotatedDimensions } from '../../architectures/rotary-angles.ts';
import type { ArchitectureMetadata } from '../../gguf/architecture-metadata.ts';
import { float32, type GgufValue, string, uint32 } from '../../gguf/gguf-value.ts';
import type { ModelConfig } from '../../model-config.ts';

type Entries = [string, GgufValue][];

/** What llama.cpp wants to know of a rotary decoder besides its counts. */
export function decoderMetadata(config: ModelConfig): Entries {
  const { normEpsilon, headDim, ropeTheta = 10_000 } = config;
  return [
    ['attention.layer_norm_rms_epsilon', float32(normEpsilon)],
    ['attention.key_length', uint32(headDim)],
    ['attention.value_length', uint32(headDim)],
    ['rope.dimension_count', uint32(rotatedDimensions(config))],
    ['rope.freq_base', float32(ropeTheta)],
    ...scalingMetadata(config),
  ];
}

function scalingMetadata(config: ModelConfig): Entries {
  const { ropeScaling } = config;
  switch (ropeScaling?.type) {
    case undefined:
    case 'llama3': // in the tensor rope_freqs.weight
      return [];
    case 'linear':
      return [
        ['rope.scaling.type', string('linear')],
        ['rope.scaling.factor', float32(ropeScaling.factor)],
      ];
    case 'yarn':
      return [
        ['rope.scaling.type', string('yarn')],
        ['rope.scaling.factor', float32(ropeScaling.factor)],
        ['rope.scaling.original_context_length', uint32(ropeScaling.originalContextLength)],
      ];
    case 'longrope':
      return [
        ['rope.scaling.original_context_length', uint32(ropeScaling.originalContextLength)],
        ['rope.scaling.attn_factor', float32(rotaryMagnitude(config))],
      ];
  }
}

/** The inverse: the fields of `config.json` that `parseDecoder` reads. */
export function decoderFieldsOf(metadata: ArchitectureMetadata): Record<string, unknown> {
  const heads = metadata.required('attention.head_count');
  const headDim = metadata.number('attention.key_length') ?? metadata.number('rope.dimension_count');
  metadata.refuseUnless('attention.value_length', headDim);
  metadata.refuseUnless('rope.dimension_count', headDim);
  return {
    hidden_size: metadata.required('embedding_length'),
    num_hidden_layers: metadata.required('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.number('attention.head_count_kv') ?? heads,
    head_dim: headDim ?? null,
    intermediate_size: metadata.required('feed_forward_length'),
    max_position_embeddings: metadata.required('context_length'),
    rms_norm_eps: metadata.required('attention.layer_norm_rms_epsilon'),
    rope_theta: metadata.number('rope.freq_base') ?? 10_000,
    rope_scaling: scalingOf(metadata),
  };
}

/** As llama.cpp reads it: linear where no type is named, and with an older key for the factor. */
function scalingOf(metadata: ArchitectureMetadata): object | null {
  const type = metadata.text('rope.scaling.type') ?? 'linear';
  const factor = metadata.number('rope.scaling.factor') ?? metadata.number('rope.scale_linear') ?? 0;
  const original = metadata.number('rope.scaling.original_context_length');
  if (type === 'none' || ((factor === 0 || factor === 1) && type === 'linear')) return null;
  return {
    rope_type: type,
    factor,
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  };
}
