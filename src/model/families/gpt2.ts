import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import { geluOfScaled, geluTanh } from '../../tensor/composites/activation.ts';
import { layerNorm } from '../../tensor/composites/normalization.ts';
import type { Tensor } from '../../tensor/graph.ts';
import { add } from '../../tensor/primitives/elementwise.ts';
import { reshape, slice } from '../../tensor/primitives/layout.ts';
import { embedding } from '../../tensor/primitives/lookup.ts';
import type { ModelBuilder } from '../architectures/model-builder.ts';
import { type ParameterRole, type ParameterSource, paddedRows } from '../architectures/parameter.ts';
import { float32 } from '../gguf/gguf-value.ts';
import type { ModelShape } from '../model-config.ts';
import { count, sharedFields, tokenIds, wholeHeadDim } from './config-fields.ts';
import type { Family, FamilyParameter } from './family.ts';

const EMBEDDING = 'wte.weight';
const POSITIONS = 'wpe.weight';
const OUTPUT = 'lm_head.weight';

const schema = z.looseObject({
  ...sharedFields,
  n_embd: count,
  n_layer: count,
  n_head: count,
  n_inner: count.nullish(),
  n_positions: count.optional(),
  n_ctx: count.optional(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.enum(['gelu_new', 'gelu_pytorch_tanh', 'gelu']).default('gelu_new'),
  scale_attn_weights: z.literal(true).optional(),
  scale_attn_by_inverse_layer_idx: z.literal(false).optional(),
  add_cross_attention: z.literal(false).optional(),
  tie_word_embeddings: z.boolean().default(true),
});

/**
 * GPT-2 (Radford et al., 2019): LayerNorm before each part, learned positions, GELU. The checkpoint keeps matrices as
 * [in, out] and query, key and value in one; the graph takes them apart.
 */
export const gpt2: Family = {
  modelTypes: ['gpt2'],
  transformersClass: 'GPT2LMHeadModel',
  usual: { qkvBias: true, qkNorm: false },

  parseConfig(json) {
    const raw = parseWith(schema, json, 'config.json');
    return {
      family: 'gpt2',
      vocabSize: raw.vocab_size,
      width: raw.n_embd,
      layers: raw.n_layer,
      heads: raw.n_head,
      kvHeads: raw.n_head,
      headDim: wholeHeadDim(raw.n_embd, raw.n_head, 'n_head'),
      ffnWidth: raw.n_inner ?? 4 * raw.n_embd,
      contextLength: raw.n_positions ?? raw.n_ctx ?? 1024,
      normEpsilon: raw.layer_norm_epsilon,
      tiedEmbeddings: raw.tie_word_embeddings,
      qkvBias: true,
      ...(raw.activation_function === 'gelu' ? { activation: 'gelu' } : {}),
      qkNorm: false,
      ...tokenIds(raw),
    };
  },

  configFields: (config) => ({
    n_embd: config.width,
    n_layer: config.layers,
    n_head: config.heads,
    n_inner: config.ffnWidth,
    n_positions: config.contextLength,
    n_ctx: config.contextLength,
    layer_norm_epsilon: config.normEpsilon,
    activation_function: config.activation ?? 'gelu_new',
  }),

  parameters(shape) {
    const { width, vocabSize, layers, contextLength, tiedEmbeddings } = shape;
    const head = table(OUTPUT, { gguf: 'output.weight', role: 'output-head', rows: vocabSize, width });
    return [
      table(EMBEDDING, { gguf: 'token_embd.weight', role: 'token-embedding', rows: vocabSize, width }),
      table(POSITIONS, { gguf: 'position_embd.weight', role: 'position-embedding', rows: contextLength, width }),
      ...Array.from({ length: layers }, (_, layer) => blockParameters(shape, layer)).flat(),
      ...normParameters(shape, 'ln_f', { gguf: 'output_norm', layer: null }),
      ...(tiedEmbeddings ? [] : [{ ...head, shape: [paddedRows(vocabSize), width] }]),
    ].map(written);
  },

  asStored: ({ biases: _, ...complete }) => complete,

  graph: {
    embed: (builder) => builder.dropout(embedTokensAndPositions(builder)),

    block(builder, input, layer) {
      const block = `h.${layer}.`;
      const x = add(input, builder.dropout(selfAttention(builder, norm(builder, input, `${block}ln_1`), block)));
      return add(x, builder.dropout(feedForward(builder, norm(builder, x, `${block}ln_2`), block)));
    },

    finish: (builder, x) => norm(builder, x, 'ln_f'),
  },

  gguf: {
    architecture: 'gpt2',
    rotaryPairs: 'halves',
    computesWindow: false,
    metadata: (config) => [['attention.layer_norm_epsilon', float32(config.normEpsilon)]],
    refusal: () => undefined,
    configFields: (metadata) => ({
      n_embd: metadata.required('embedding_length'),
      n_layer: metadata.required('block_count'),
      n_head: metadata.required('attention.head_count'),
      n_inner: metadata.required('feed_forward_length'),
      n_positions: metadata.required('context_length'),
      layer_norm_epsilon: metadata.required('attention.layer_norm_epsilon'),
    }),
  },

  // GELU stands between the two feed-forward matrices: nothing folds through it.
  foldings: () => [
    { weight: 'attn.q.weight', into: 'vectors', vectors: ['ln_1.weight', 'ln_1.bias'] },
    { weight: 'attn.c_proj.weight', into: 'outputs', module: 'attn.v', shared: 'value heads' },
    { weight: 'mlp.c_fc.weight', into: 'vectors', vectors: ['ln_2.weight', 'ln_2.bias'] },
  ],

  trainingRefusal: () => undefined,
  buffers: /(^|\.)attn\.(bias|masked_bias)$/, // the causal mask
  positions: 'learned',
  feedForward: 'plain',
};

const deviation = 0.02;

/** Hugging Face writes the names of everything but the output layer with this prefix, and reads them without too. */
function written(spec: FamilyParameter): FamilyParameter {
  const { source } = spec;
  if (spec.role === 'output-head') return spec;
  return { ...spec, source: { ...source, writtenAs: `transformer.${source.tensor}` } };
}

function table(
  name: string,
  { gguf, role, rows, width }: { gguf: string; role: ParameterRole; rows: number; width: number },
): FamilyParameter {
  return {
    name,
    gguf,
    role,
    layer: null,
    shape: [rows, width],
    source: { tensor: name, shape: [rows, width], transposed: false },
    decay: true,
    initial: { normalDeviation: deviation },
  };
}

interface Place {
  gguf: string;
  layer: number | null;
}

function normParameters({ width, biases }: ModelShape, name: string, { gguf, layer }: Place): FamilyParameter[] {
  const source = { tensor: `${name}.weight`, shape: [width], transposed: false };
  const weight = { name: source.tensor, gguf: `${gguf}.weight`, layer, shape: [width], source, decay: false } as const;
  return [
    { ...weight, role: 'norm', initial: 'ones' },
    ...biasParameter(biases, name, { tensor: `${name}.bias`, shape: [width], transposed: false }, { gguf, layer }),
  ];
}

/** The bias of a module, or the part of a fused one; nothing in a model without biases. */
function biasParameter(
  biases: ModelShape['biases'],
  name: string,
  source: ParameterSource,
  { gguf, layer }: Place,
): FamilyParameter[] {
  if (biases === false) return [];
  const [from, to] = source.columns ?? [0, source.shape[0]!];
  return [
    {
      name: `${name}.bias`,
      gguf: `${gguf}.bias`,
      role: 'bias',
      layer,
      shape: [to - from],
      source: { ...source, absentMeansZeros: true }, // nanoGPT's recipes have none
      decay: false,
      initial: 'zeros',
    },
  ];
}

function blockParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, ffnWidth, layers } = shape;
  const block = `h.${layer}.`;
  const gguf = `blk.${layer}.`;
  const residual = { normalDeviation: deviation / Math.sqrt(2 * layers) };
  const [attention, output] = [`${block}attn.c_attn`, `${block}attn.c_proj`];
  const [up, down] = [`${block}mlp.c_fc`, `${block}mlp.c_proj`];
  const matrix = (
    name: string,
    place: Place & { role: ParameterRole },
    source: ParameterSource,
    graph: Pick<FamilyParameter, 'shape' | 'layout' | 'initial'>,
  ): FamilyParameter => ({
    ...place,
    gguf: `${place.gguf}.weight`,
    name: `${name}.weight`,
    source,
    decay: true,
    ...graph,
  });
  const whole = (tensor: string, side: readonly number[], transposed = false): ParameterSource => ({
    tensor,
    shape: side,
    transposed,
  });
  const bias = (name: string, source: ParameterSource, ggufName: string): FamilyParameter[] =>
    biasParameter(shape.biases, name, source, { gguf: ggufName, layer });
  const plain = { layout: 'out-in', initial: { normalDeviation: deviation } } as const;
  const projections = (['query', 'key', 'value'] as const).flatMap((role, index) => {
    const columns = [index * width, (index + 1) * width] as const;
    const name = `${block}attn.${role[0]}`;
    const place = { gguf: `${gguf}attn_qkv`, layer, role };
    const weight = { ...whole(`${attention}.weight`, [width, 3 * width], true), columns };
    return [
      matrix(name, place, weight, { ...plain, shape: [width, width] }),
      ...bias(name, { ...whole(`${attention}.bias`, [3 * width]), columns }, place.gguf),
    ];
  });
  return [
    ...normParameters(shape, `${block}ln_1`, { gguf: `${gguf}attn_norm`, layer }),
    ...projections,
    matrix(
      output,
      { gguf: `${gguf}attn_output`, layer, role: 'attention-output' },
      whole(`${output}.weight`, [width, width], true),
      { ...plain, shape: [width, width], initial: residual },
    ),
    ...bias(output, whole(`${output}.bias`, [width]), `${gguf}attn_output`),
    ...normParameters(shape, `${block}ln_2`, { gguf: `${gguf}ffn_norm`, layer }),
    matrix(up, { gguf: `${gguf}ffn_up`, layer, role: 'ffn-up' }, whole(`${up}.weight`, [width, ffnWidth], true), {
      ...plain,
      shape: [ffnWidth, width],
    }),
    ...bias(up, whole(`${up}.bias`, [ffnWidth]), `${gguf}ffn_up`),
    matrix(down, { gguf: `${gguf}ffn_down`, layer, role: 'ffn-down' }, whole(`${down}.weight`, [ffnWidth, width]), {
      shape: [ffnWidth, width],
      layout: 'in-out',
      initial: residual,
    }),
    ...bias(down, whole(`${down}.bias`, [width]), `${gguf}ffn_down`),
  ];
}

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
