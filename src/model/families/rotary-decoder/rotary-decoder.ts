import type { Family } from '../family.ts';
import type { ModelFamily } from '../family-name.ts';
import { decoderConfigFields, parseDecoder } from './config-json.ts';
import { decoderFoldings } from './foldings.ts';
import { decoderFieldsOf, decoderMetadata } from './gguf.ts';
import { decoderGraph } from './graph.ts';
import { decoderParameters } from './parameters.ts';

/** In what a family of rotary decoders differs from the others. */
interface DecoderTraits extends Pick<Family, 'modelTypes' | 'transformersClass' | 'usual'> {
  family: ModelFamily;
  /** Throws `invalid-input` for options that only this family has and this program does not compute. */
  refuse?(json: unknown): void;
  /** Fields of `config.json` that only this family has. */
  configFields: Record<string, unknown>;
  gguf: Pick<Family['gguf'], 'architecture' | 'rotaryPairs'>;
}

/** The record of a family that is built as Llama is. */
export function rotaryDecoder({ family, refuse, configFields, gguf, ...names }: DecoderTraits): Family {
  return {
    ...names,
    parseConfig(json) {
      refuse?.(json);
      return { family, ...names.usual, ...parseDecoder(json) };
    },
    configFields: (config) => ({ ...decoderConfigFields(config), ...configFields }),
    parameters: decoderParameters,
    asStored: (config) => config,
    graph: decoderGraph,
    gguf: { ...gguf, metadata: decoderMetadata, configFields: decoderFieldsOf },
    foldings: decoderFoldings,
    checkpointMatrices: 'out-in',
    positions: 'rotary',
    feedForward: 'gated',
  };
}
