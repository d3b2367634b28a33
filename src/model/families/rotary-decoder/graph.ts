import { swiGlu } from '../../../tensor/composites/activation.ts';
import { rmsNorm } from '../../../tensor/composites/normalization.ts';
import type { Tensor } from '../../../tensor/graph.ts';
import { add } from '../../../tensor/primitives/elementwise.ts';
import { reshape } from '../../../tensor/primitives/layout.ts';
import { embedding } from '../../../tensor/primitives/lookup.ts';
import { type RotaryTables, rotary } from '../../../tensor/primitives/rotary.ts';
import type { ModelBuilder } from '../../architectures/model-builder.ts';
import { rotaryAngles } from '../../architectures/rotary-angles.ts';
import type { Family } from '../family.ts';

/** RMS norm before each part, rotary positions, grouped queries, SwiGLU (arXiv:2302.13971). */
export const decoderGraph: Family['graph'] = {
  embed: (builder) =>
    builder.dropout(embedding(builder.parameter('model.embed_tokens.weight'), builder.sequence.tokens)),

  block(builder, input, layer) {
    const block = `model.layers.${layer}.`;
    const x = add(input, builder.dropout(selfAttention(builder, input, block, rotaryInputs(builder))));
    return add(x, builder.dropout(feedForward(builder, x, block)));
  },

  finish: (builder, x) => rmsNorm(x, builder.parameter('model.norm.weight'), builder.config.normEpsilon),
};

interface RotaryInputs {
  positions: Tensor;
  tables: RotaryTables;
}

function selfAttention(builder: ModelBuilder, x: Tensor, block: string, rope: RotaryInputs): Tensor {
  const { config, rows } = builder;
  const { heads, kvHeads, headDim, normEpsilon } = config;
  const h = rmsNorm(x, builder.parameter(`${block}input_layernorm.weight`), normEpsilon);
  const project = (name: 'q' | 'k' | 'v', count: number): Tensor => {
    let y = builder.linear(h, `${block}self_attn.${name}_proj.weight`, { bias: `${block}self_attn.${name}_proj.bias` });
    if (config.qkNorm && name !== 'v') {
      const weight = builder.parameter(`${block}self_attn.${name}_norm.weight`);
      y = reshape(rmsNorm(reshape(y, [rows * count, headDim]), weight, normEpsilon), [rows, count * headDim]);
    }
    if (name === 'v') return y;
    const turned = rotary(reshape(y, [...builder.rowAxes, count * headDim]), rope.positions, rope.tables);
    return reshape(turned, y.shape);
  };
  const mixed = builder.attention(project('q', heads), project('k', kvHeads), project('v', kvHeads));
  return builder.linear(mixed, `${block}self_attn.o_proj.weight`);
}

function feedForward(builder: ModelBuilder, x: Tensor, block: string): Tensor {
  const weight = builder.parameter(`${block}post_attention_layernorm.weight`);
  const h = rmsNorm(x, weight, builder.config.normEpsilon);
  const gate = builder.linear(h, `${block}mlp.gate_proj.weight`);
  const up = builder.linear(h, `${block}mlp.up_proj.weight`);
  return builder.linear(swiGlu(gate, up), `${block}mlp.down_proj.weight`);
}

/** The rotation tables as constants that all blocks share, and the positions: given ones, or 0, 1, 2… each sequence. */
function rotaryInputs({ graph, config, sequence, rowAxes }: ModelBuilder): RotaryInputs {
  const { batch, length, order } = sequence;
  const positionOf = (row: number): number => (order === 'sequences' ? row % length : Math.floor(row / batch));
  const table = (name: string, values: () => Float32Array): Tensor =>
    graph.once(name, () => graph.constant(values(), [length, config.headDim / 2]));
  const positions =
    sequence.positions ??
    graph.once('rotary positions', () =>
      graph.constant(
        BigInt64Array.from({ length: batch * length }, (_, row) => BigInt(positionOf(row))),
        rowAxes,
        'int64',
      ),
    );
  return {
    positions,
    tables: {
      cosines: table('cosines', () => rotaryAngles(config, length).cosines),
      sines: table('sines', () => rotaryAngles(config, length).sines),
      negatedSines: table('negated sines', () => rotaryAngles(config, length).sines.map((sine) => -sine)),
    },
  };
}
