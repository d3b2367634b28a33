import { geluOfScaled, geluTanh } from '../../tensor/composites/activation.ts';
import { layerNorm } from '../../tensor/composites/normalization.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { add } from '../../tensor/primitives/elementwise.ts';
import { reshape, slice } from '../../tensor/primitives/layout.ts';
import { embedding } from '../../tensor/primitives/lookup.ts';
import type { Architecture } from './architecture.ts';
import type { ModelBuilder } from './model-builder.ts';
import { type ParameterSource, type ParameterSpec, paddedRows } from './parameter.ts';

const EMBEDDING = 'wte.weight';
const POSITIONS = 'wpe.weight';
const OUTPUT = 'lm_head.weight';

/**
 * GPT-2 (Radford et al., 2019): LayerNorm before each part, learned positions, GELU. The checkpoint keeps matrices as
 * [in, out] and query, key and value in one; the graph takes them apart.
 */
export const gpt2: Architecture = {
  parameters(config) {
    const { width, ffnWidth, layers, vocabSize } = config;
    const deviation = 0.02;
    const residualDeviation = deviation / Math.sqrt(2 * layers);
    const biases = config.biases !== false;
    const table = (name: string, rows: number): ParameterSpec => ({
      name,
      shape: [rows, width],
      source: { tensor: name, shape: [rows, width], transposed: false },
      decay: true,
      initial: { normalDeviation: deviation },
    });
    const vector = (name: string, source: ParameterSource, initial: 'zeros' | 'ones' = 'zeros'): ParameterSpec => {
      const [from, to] = source.columns ?? [0, source.shape[0]!];
      return { name, shape: [to - from], source, decay: false, initial };
    };
    const whole = (tensor: string, shape: readonly number[], transposed = false): ParameterSource => ({
      tensor,
      shape,
      transposed,
    });
    const specs: ParameterSpec[] = [table(EMBEDDING, vocabSize), table(POSITIONS, config.contextLength)];
    const norm = (name: string): void => {
      specs.push(vector(`${name}.weight`, whole(`${name}.weight`, [width]), 'ones'));
      if (biases) specs.push(vector(`${name}.bias`, whole(`${name}.bias`, [width])));
    };
    const matrix = (
      name: string,
      shape: readonly number[],
      source: ParameterSource,
      normalDeviation: number,
      layout: 'out-in' | 'in-out' = 'out-in',
    ): void => {
      specs.push({ name, shape, source, layout, decay: true, initial: { normalDeviation } });
    };
    for (let layer = 0; layer < layers; layer++) {
      const block = `h.${layer}.`;
      norm(`${block}ln_1`);
      for (const [index, name] of (['q', 'k', 'v'] as const).entries()) {
        const columns = [index * width, (index + 1) * width] as const;
        const weight = { ...whole(`${block}attn.c_attn.weight`, [width, 3 * width], true), columns };
        matrix(`${block}attn.${name}.weight`, [width, width], weight, deviation);
        const bias = { ...whole(`${block}attn.c_attn.bias`, [3 * width]), columns };
        if (biases) specs.push(vector(`${block}attn.${name}.bias`, bias));
      }
      const output = `${block}attn.c_proj`;
      matrix(`${output}.weight`, [width, width], whole(`${output}.weight`, [width, width], true), residualDeviation);
      if (biases) specs.push(vector(`${output}.bias`, whole(`${output}.bias`, [width])));
      norm(`${block}ln_2`);
      const up = `${block}mlp.c_fc`;
      matrix(`${up}.weight`, [ffnWidth, width], whole(`${up}.weight`, [width, ffnWidth], true), deviation);
      if (biases) specs.push(vector(`${up}.bias`, whole(`${up}.bias`, [ffnWidth])));
      const down = `${block}mlp.c_proj`;
      const downSource = whole(`${down}.weight`, [ffnWidth, width]);
      matrix(`${down}.weight`, [ffnWidth, width], downSource, residualDeviation, 'in-out');
      if (biases) specs.push(vector(`${down}.bias`, whole(`${down}.bias`, [width])));
    }
    norm('ln_f');
    if (!config.tiedEmbeddings) specs.push({ ...table(OUTPUT, vocabSize), shape: [paddedRows(vocabSize), width] });
    return specs;
  },

  embed: (builder) => builder.dropout(embedTokensAndPositions(builder)),

  block(builder, input, layer) {
    const block = `h.${layer}.`;
    const x = add(input, builder.dropout(selfAttention(builder, norm(builder, input, `${block}ln_1`), block)));
    return add(x, builder.dropout(feedForward(builder, norm(builder, x, `${block}ln_2`), block)));
  },

  finish: (builder, x) => norm(builder, x, 'ln_f'),

  outputTable: (config) => (config.tiedEmbeddings ? EMBEDDING : OUTPUT),
};

function embedTokensAndPositions(builder: ModelBuilder): Tensor {
  const { length, order, tokens, positions } = builder.sequence;
  const x = embedding(builder.parameter(EMBEDDING), tokens);
  const table = builder.parameter(POSITIONS);
  if (positions !== undefined) return add(x, embedding(table, positions));
  const { width } = builder.config;
  const used = reshape(slice(table, 0, 0, length), order === 'sequences' ? [1, length, width] : [length, 1, width]);
  return reshape(add(reshape(x, [...builder.rowAxes, width]), used), x.shape);
}

function norm(builder: ModelBuilder, x: Tensor, name: string): Tensor {
  const bias = builder.optional(`${name}.bias`);
  return layerNorm(x, builder.parameter(`${name}.weight`), bias, builder.config.normEpsilon);
}

function selfAttention(builder: ModelBuilder, h: Tensor, block: string): Tensor {
  const project = (name: 'q' | 'k' | 'v'): Tensor =>
    builder.linear(h, `${block}attn.${name}.weight`, { bias: `${block}attn.${name}.bias` });
  const mixed = builder.attention(project('q'), project('k'), project('v'));
  return builder.linear(mixed, `${block}attn.c_proj.weight`, { bias: `${block}attn.c_proj.bias` });
}

function feedForward(builder: ModelBuilder, h: Tensor, block: string): Tensor {
  const up = { weight: `${block}mlp.c_fc.weight`, bias: `${block}mlp.c_fc.bias` };
  const down = { weight: `${block}mlp.c_proj.weight`, bias: `${block}mlp.c_proj.bias` };
  if (builder.config.activation !== 'gelu') {
    return builder.linear(geluTanh(builder.linear(h, up.weight, { bias: up.bias })), down.weight, { bias: down.bias });
  }
  // The exact GELU without a pass for its constants: they are folded into the two products around it.
  const halved = { factor: Math.SQRT1_2, biasFactor: Math.SQRT1_2 };
  const inner = geluOfScaled(builder.linear(h, up.weight, { bias: up.bias, ...halved }));
  return builder.linear(inner, down.weight, { bias: down.bias, factor: Math.SQRT1_2 });
}
