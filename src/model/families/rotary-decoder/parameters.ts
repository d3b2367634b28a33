import { type ParameterRole, paddedRows } from '../../architectures/parameter.ts';
import type { ModelShape } from '../../model-config.ts';
import type { FamilyParameter } from '../family.ts';

const deviation = 0.02;

/** Every parameter of a rotary decoder, under the names of Hugging Face's Llama and of llama.cpp. */
export function decoderParameters(shape: ModelShape): FamilyParameter[] {
  const { width, vocabSize, layers, tiedEmbeddings } = shape;
  const head = matrix({
    name: 'lm_head',
    gguf: 'output',
    role: 'output-head',
    layer: null,
    out: vocabSize,
    input: width,
  });
  return [
    {
      ...matrix({
        name: 'model.embed_tokens',
        gguf: 'token_embd',
        role: 'token-embedding',
        layer: null,
        out: vocabSize,
        input: width,
      }),
      shape: [vocabSize, width],
    },
    ...Array.from({ length: layers }, (_, layer) => blockParameters(shape, layer)).flat(),
    vector({ name: 'model.norm.weight', gguf: 'output_norm.weight', role: 'norm', layer: null, length: width }),
    ...(tiedEmbeddings ? [] : [head]),
  ];
}

function blockParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, ffnWidth, layers, heads, headDim } = shape;
  const [block, gguf] = [`model.layers.${layer}`, `blk.${layer}`];
  const residualDeviation = deviation / Math.sqrt(2 * layers);
  const norm = (name: string, ggufName: string): FamilyParameter =>
    vector({ name: `${block}.${name}.weight`, gguf: `${gguf}.${ggufName}.weight`, role: 'norm', layer, length: width });
  const linear = (name: string, ggufName: string, role: ParameterRole, out: number, input: number): FamilyParameter =>
    matrix({ name: `${block}.${name}`, gguf: `${gguf}.${ggufName}`, role, layer, out, input });
  const down = linear('mlp.down_proj', 'ffn_down', 'ffn-down', width, ffnWidth);
  return [
    norm('input_layernorm', 'attn_norm'),
    ...projectionParameters(shape, layer),
    {
      ...linear('self_attn.o_proj', 'attn_output', 'attention-output', width, heads * headDim),
      shape: [width, heads * headDim],
      initial: { normalDeviation: residualDeviation },
    },
    norm('post_attention_layernorm', 'ffn_norm'),
    linear('mlp.gate_proj', 'ffn_gate', 'ffn-gate', ffnWidth, width),
    linear('mlp.up_proj', 'ffn_up', 'ffn-up', ffnWidth, width),
    {
      ...down,
      shape: [paddedRows(ffnWidth), width],
      source: { ...down.source, transposed: true },
      layout: 'in-out',
      initial: { normalDeviation: residualDeviation },
    },
  ];
}

/** Queries, keys and values with their biases, and the norms over heads. */
function projectionParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, heads, kvHeads, headDim } = shape;
  const attention = `model.layers.${layer}.self_attn`;
  const gguf = `blk.${layer}.attn`;
  const projections = [
    { name: 'q', role: 'query', count: heads },
    { name: 'k', role: 'key', count: kvHeads },
    { name: 'v', role: 'value', count: kvHeads },
  ] as const;
  const specs: FamilyParameter[] = [];
  for (const { name, role, count } of projections) {
    const out = count * headDim;
    const rotated = name === 'v' ? {} : { rotaryHeads: count };
    const [from, to] = [`${attention}.${name}_proj`, `${gguf}_${name}`];
    specs.push({
      ...matrix({ name: from, gguf: to, role, layer, out, input: width }),
      ...rotated,
      shape: [out, width],
    });
    if (!shape.qkvBias) continue;
    const bias = vector({ name: `${from}.bias`, gguf: `${to}.bias`, role: 'bias', layer, length: out });
    specs.push({ ...bias, ...rotated });
  }
  if (shape.qkNorm) {
    for (const name of ['q', 'k']) {
      const names = { name: `${attention}.${name}_norm.weight`, gguf: `${gguf}_${name}_norm.weight` };
      specs.push(vector({ ...names, role: 'norm', layer, length: headDim }));
    }
  }
  return specs;
}

interface Place {
  name: string;
  gguf: string;
  role: ParameterRole;
  layer: number | null;
}

/** A matrix that checkpoint and graph keep as [out, in], its rows padded in the graph. */
function matrix({ name, gguf, out, input, ...place }: Place & { out: number; input: number }): FamilyParameter {
  return {
    ...place,
    name: `${name}.weight`,
    gguf: `${gguf}.weight`,
    shape: [paddedRows(out), input],
    source: { tensor: `${name}.weight`, shape: [out, input], transposed: false },
    layout: 'out-in',
    decay: true,
    initial: { normalDeviation: deviation },
  };
}

/** A norm's weight, which starts as ones, or a bias. */
function vector({ length, ...place }: Place & { length: number }): FamilyParameter {
  return {
    ...place,
    shape: [length],
    source: { tensor: place.name, shape: [length], transposed: false },
    decay: false,
    initial: place.role === 'norm' ? 'ones' : 'zeros',
  };
}
