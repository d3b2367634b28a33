import type { z } from 'zod';
import type { ArchitectureMetadata } from '../../gguf/architecture-metadata.ts';
import type { GgufValue } from '../../gguf/gguf-value.ts';
import type { ModelConfig, RopeScaling } from '../../model-config.ts';
import type { Family } from '../family.ts';
import type { ModelFamily } from '../family-name.ts';
import { type DecoderConfig, decoderConfigFields, parseDecoder } from './config-json.ts';
import { decoderFoldings } from './foldings.ts';
import { decoderFieldsOf, decoderMetadata } from './gguf.ts';
import { decoderGraph } from './graph.ts';
import { decoderParameters } from './parameters.ts';

/** In what a family of rotary decoders differs from the others. */
interface DecoderFamily<Fields extends z.ZodRawShape>
  extends Pick<Family, 'modelTypes' | 'transformersClass' | 'usual'> {
  family: ModelFamily;
  config: DecoderConfig<Fields> & {
    /** The inverse of `traits`: fields of `config.json` that all rotary decoders do not have. */
    toJson(config: ModelConfig): Record<string, unknown>;
  };
  gguf: Pick<Family['gguf'], 'architecture' | 'rotaryPairs'> & {
    computesWindow?: true;
    /** Kinds of rotary scaling that llama.cpp computes for the architecture; left out, linear and YaRN. */
    scaling?: readonly RopeScaling['type'][];
    refusal?(config: ModelConfig): string | undefined;
    metadata?(config: ModelConfig): [string, GgufValue][];
    configFields?(metadata: ArchitectureMetadata): Record<string, unknown>;
  };
}

/** The record of a family that is built as Llama is. */
export function rotaryDecoder<Fields extends z.ZodRawShape>(options: DecoderFamily<Fields>): Family {
  const { family, config: codec, gguf, ...names } = options;
  return {
    ...names,
    parseConfig: (json) => ({ family, ...names.usual, ...parseDecoder(json, codec) }),
    configFields: (config) => ({ ...decoderConfigFields(config), ...codec.toJson(config) }),
    parameters: decoderParameters,
    asStored: (config) => config,
    graph: decoderGraph,
    gguf: {
      architecture: gguf.architecture,
      rotaryPairs: gguf.rotaryPairs,
      computesWindow: gguf.computesWindow === true,
      refusal: (config) => gguf.refusal?.(config) ?? rotaryRefusal(config, gguf.scaling),
      metadata: (config) => [...decoderMetadata(config), ...(gguf.metadata?.(config) ?? [])],
      configFields: (metadata) => ({ ...decoderFieldsOf(metadata), ...gguf.configFields?.(metadata) }),
    },
    foldings: decoderFoldings,
    trainingRefusal: ({ logitSoftcap }) =>
      logitSoftcap === undefined ? undefined : 'its logits are soft-capped, which the training loss does not compute',
    buffers: /\.rotary_emb\.inv_freq$/,
    positions: 'rotary',
    feedForward: 'gated',
  };
}

/** What llama.cpp computes of a rotary scaling is fixed in part. */
function rotaryRefusal(
  { family, ropeScaling }: ModelConfig,
  computed: readonly RopeScaling['type'][] = ['linear', 'yarn'],
): string | undefined {
  if (ropeScaling === undefined) return undefined;
  if (!computed.includes(ropeScaling.type)) {
    return `llama.cpp does not compute the rotary scaling ${ropeScaling.type} for ${family}`;
  }
  if (ropeScaling.type !== 'yarn' || (ropeScaling.betaFast === 32 && ropeScaling.betaSlow === 1)) return undefined;
  return 'llama.cpp computes YaRN with beta_fast 32 and beta_slow 1 only';
}
