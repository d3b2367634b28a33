import { geGlu, swiGlu } from '../../../tensor/composites/activation.ts';
import { rmsNorm } from '../../../tensor/composites/normalization.ts';
import type { Tensor } from '../../../tensor/graph.ts';
import { add, scale } from '../../../tensor/primitives/elementwise.ts';
import { reshape } from '../../../tensor/primitives/layout.ts';
import { embedding } from '../../../tensor/primitives/lookup.ts';
import { type RotaryTables, rotary } from '../../../tensor/primitives/rotary.ts';
import type { ModelBuilder } from '../../architectures/model-builder.ts';
import { rotaryAngles, rotatedDimensions } from '../../architectures/rotary-angles.ts';
import type { ModelConfig } from '../../model-config.ts';
import type { Family } from '../family.ts';
import { blockNorms } from './block-norms.ts';

/** RMS norms, rotary positions, grouped queries and a gated feed-forward layer (arXiv:2302.13971). */
export const decoderGraph: Family['graph'] = {
  embed(builder) {
    const x = embedding(builder.parameter('model.embed_tokens.weight'), builder.sequence.tokens);
    return builder.dropout(scaled(x, builder.config.embeddingScale));
  },

  block(builder, input, layer) {
    const block = `model.layers.${layer}.`;
    const norms = blockNorms(builder.config);
    const addPart = (x: Tensor, part: Tensor): Tensor =>
      add(x, builder.dropout(scaled(part, builder.config.residualScale)));
    const attended = selfAttention(builder, normed(builder, input, block, norms.attention.before), layer);
    const x = addPart(input, normed(builder, attended, block, norms.attention.after));
    const fed = feedForward(builder, normed(builder, x, block, norms.feedForward.before), block);
    return addPart(x, normed(builder, fed, block, norms.feedForward.after));
  },

  finish(builder, x) {
    const { normEpsilon, logitScale } = builder.config;
    return scaled(rmsNorm(x, builder.parameter('model.norm.weight'), normEpsilon), logitScale);
  },

  withFirstBlock: (config, layer) => ({
    ...config,
    slidingLayers: isLocal(config, layer) ? [0] : [],
    unrotatedLayers: isRotated(config, layer) ? [] : [0],
  }),
};

function scaled(x: Tensor, factor: number | undefined): Tensor {
  return factor === undefined ? x : scale(x, factor);
}

function normed(builder: ModelBuilder, x: Tensor, block: string, norm: { name: string } | undefined): Tensor {
  if (norm === undefined) return x;
  return rmsNorm(x, builder.parameter(`${block}${norm.name}.weight`), builder.config.normEpsilon);
}

function isLocal({ slidingWindow, slidingLayers }: ModelConfig, layer: number): boolean {
  return slidingWindow !== undefined && (slidingLayers === undefined || slidingLayers.includes(layer));
}

function isRotated({ unrotatedLayers }: ModelConfig, layer: number): boolean {
  return unrotatedLayers === undefined || !unrotatedLayers.includes(layer);
}

function selfAttention(builder: ModelBuilder, h: Tensor, layer: number): Tensor {
  const { config } = builder;
  const { heads, kvHeads } = config;
  const attention = `model.layers.${layer}.self_attn.`;
  const local = isLocal(config, layer);
  const project = (name: 'q' | 'k' | 'v', count: number): Tensor => {
    const y = builder.linear(h, `${attention}${name}_proj.weight`, { bias: `${attention}${name}_proj.bias` });
    if (name === 'v') return y;
    const even = config.qkNorm === false ? y : projectionNorm(builder, y, `${attention}${name}_norm.weight`);
    if (!isRotated(config, layer)) return even;
    const { positions, tables } = rotaryInputs(builder, local);
    return reshape(rotary(reshape(even, [...builder.rowAxes, y.shape[1]!]), positions, tables, count), y.shape);
  };
  const window = local ? config.slidingWindow : undefined;
  const mixed = builder.attention(project('q', heads), project('k', kvHeads), project('v', kvHeads), window);
  return builder.linear(mixed, `${attention}o_proj.weight`, { bias: `${attention}o_proj.bias` });
}

/** The norm of every head, or of all heads together. */
function projectionNorm(builder: ModelBuilder, y: Tensor, name: string): Tensor {
  const { qkNorm, headDim, normEpsilon } = builder.config;
  const weight = builder.parameter(name);
  if (qkNorm === 'whole') return rmsNorm(y, weight, normEpsilon);
  const heads = reshape(y, [(y.shape[0]! * y.shape[1]!) / headDim, headDim]);
  return reshape(rmsNorm(heads, weight, normEpsilon), y.shape);
}

function feedForward(builder: ModelBuilder, h: Tensor, block: string): Tensor {
  const layer = (x: Tensor, name: string): Tensor =>
    builder.linear(x, `${block}mlp.${name}.weight`, { bias: `${block}mlp.${name}.bias` });
  const [gate, up] = [layer(h, 'gate_proj'), layer(h, 'up_proj')];
  return layer(builder.config.activation === 'gelu-tanh' ? geGlu(gate, up) : swiGlu(gate, up), 'down_proj');
}

interface RotaryInputs {
  positions: Tensor;
  tables: RotaryTables;
}

/** The rotation tables as constants that all blocks share, and the positions: given ones, or 0, 1, 2… each sequence. */
function rotaryInputs({ graph, config, sequence, rowAxes }: ModelBuilder, local: boolean): RotaryInputs {
  const { batch, length, order } = sequence;
  const positionOf = (row: number): number => (order === 'sequences' ? row % length : Math.floor(row / batch));
  const own = local && config.localRopeTheta !== undefined;
  const table = (name: string, values: () => Float32Array): Tensor =>
    graph.once(own ? `local ${name}` : name, () => graph.constant(values(), [length, rotatedDimensions(config) / 2]));
  const positions =
    sequence.positions ??
    graph.once('rotary positions', () =>
      graph.constant(
        BigInt64Array.from({ length: batch * length }, (_, row) => BigInt(positionOf(row))),
        rowAxes,
        'int64',
      ),
    );
  const angles = () => rotaryAngles(config, length, own);
  return {
    positions,
    tables: {
      cosines: table('cosines', () => angles().cosines),
      sines: table('sines', () => angles().sines),
      negatedSines: table('negated sines', () => angles().sines.map((sine) => -sine)),
    },
  };
}
