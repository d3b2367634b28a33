import type { ModelConfig } from '../model-config.ts';

/** How a checkpoint tensor's numbers become those of the GGUF tensor. */
export type GgufLayout =
  | { kind: 'same' }
  /** GPT-2 keeps matrices as [in, out]. */
  | { kind: 'transposed' }
  /**
   * Query and key rows of the architecture `llama`: checkpoints pair dimension i of a head with i + headDim / 2 for
   * the rotation, llama.cpp pairs neighbours. So the two halves of each head are interleaved.
   */
  | { kind: 'rotary'; heads: number };

export interface GgufTensor {
  name: string;
  /** Name in the checkpoint. */
  from: string;
  /** Outermost dimension first: matrices are [out, in]. */
  shape: readonly number[];
  layout: GgufLayout;
  role: 'embedding' | 'output' | 'linear' | 'vector' | 'positions';
  /** Written as zeros where the checkpoint has no such tensor: llama.cpp requires it. */
  optional?: true;
}

/** llama.cpp's name of the architecture, the prefix of its metadata keys. */
export function ggufArchitecture(config: ModelConfig): string {
  return config.family;
}

/** Every tensor that llama.cpp wants of a model, in the order of the network. */
export function ggufTensors(config: ModelConfig): GgufTensor[] {
  return config.family === 'gpt2' ? gpt2Tensors(config) : llamaTensors(config);
}

const same: GgufLayout = { kind: 'same' };
const transposed: GgufLayout = { kind: 'transposed' };

function gpt2Tensors({ vocabSize, contextLength, width, ffnWidth, layers, tiedEmbeddings }: ModelConfig): GgufTensor[] {
  const normAndBias = (name: string, from: string): GgufTensor[] => [
    { name: `${name}.weight`, from: `${from}.weight`, shape: [width], layout: same, role: 'vector' },
    { name: `${name}.bias`, from: `${from}.bias`, shape: [width], layout: same, role: 'vector', optional: true },
  ];
  const linear = (name: string, from: string, out: number, input: number): GgufTensor[] => [
    { name: `${name}.weight`, from: `${from}.weight`, shape: [out, input], layout: transposed, role: 'linear' },
    { name: `${name}.bias`, from: `${from}.bias`, shape: [out], layout: same, role: 'vector', optional: true },
  ];
  return [
    { name: 'token_embd.weight', from: 'wte.weight', shape: [vocabSize, width], layout: same, role: 'embedding' },
    {
      name: 'position_embd.weight',
      from: 'wpe.weight',
      shape: [contextLength, width],
      layout: same,
      role: 'positions',
    },
    ...Array.from({ length: layers }, (_, layer) => [
      ...normAndBias(`blk.${layer}.attn_norm`, `h.${layer}.ln_1`),
      ...linear(`blk.${layer}.attn_qkv`, `h.${layer}.attn.c_attn`, 3 * width, width),
      ...linear(`blk.${layer}.attn_output`, `h.${layer}.attn.c_proj`, width, width),
      ...normAndBias(`blk.${layer}.ffn_norm`, `h.${layer}.ln_2`),
      ...linear(`blk.${layer}.ffn_up`, `h.${layer}.mlp.c_fc`, ffnWidth, width),
      ...linear(`blk.${layer}.ffn_down`, `h.${layer}.mlp.c_proj`, width, ffnWidth),
    ]).flat(),
    ...normAndBias('output_norm', 'ln_f'),
    ...(tiedEmbeddings ? [] : [outputTensor(vocabSize, width)]),
  ];
}

function llamaTensors(config: ModelConfig): GgufTensor[] {
  const { vocabSize, width, ffnWidth, layers, heads, kvHeads, headDim, tiedEmbeddings } = config;
  const rotary = (count: number): GgufLayout => (config.family === 'llama' ? { kind: 'rotary', heads: count } : same);
  const vector = (name: string, from: string, length: number, layout = same): GgufTensor => ({
    name,
    from,
    shape: [length],
    layout,
    role: 'vector',
  });
  const linear = (name: string, from: string, out: number, input: number, layout = same): GgufTensor => ({
    name: `${name}.weight`,
    from: `${from}.weight`,
    shape: [out, input],
    layout,
    role: 'linear',
  });
  const block = (layer: number): GgufTensor[] => {
    const to = `blk.${layer}`;
    const from = `model.layers.${layer}`;
    const [queries, keys] = [heads * headDim, kvHeads * headDim];
    return [
      vector(`${to}.attn_norm.weight`, `${from}.input_layernorm.weight`, width),
      linear(`${to}.attn_q`, `${from}.self_attn.q_proj`, queries, width, rotary(heads)),
      linear(`${to}.attn_k`, `${from}.self_attn.k_proj`, keys, width, rotary(kvHeads)),
      linear(`${to}.attn_v`, `${from}.self_attn.v_proj`, keys, width),
      ...(config.qkvBias
        ? [
            vector(`${to}.attn_q.bias`, `${from}.self_attn.q_proj.bias`, queries, rotary(heads)),
            vector(`${to}.attn_k.bias`, `${from}.self_attn.k_proj.bias`, keys, rotary(kvHeads)),
            vector(`${to}.attn_v.bias`, `${from}.self_attn.v_proj.bias`, keys),
          ]
        : []),
      ...(config.qkNorm
        ? [
            vector(`${to}.attn_q_norm.weight`, `${from}.self_attn.q_norm.weight`, headDim),
            vector(`${to}.attn_k_norm.weight`, `${from}.self_attn.k_norm.weight`, headDim),
          ]
        : []),
      linear(`${to}.attn_output`, `${from}.self_attn.o_proj`, width, queries),
      vector(`${to}.ffn_norm.weight`, `${from}.post_attention_layernorm.weight`, width),
      linear(`${to}.ffn_gate`, `${from}.mlp.gate_proj`, ffnWidth, width),
      linear(`${to}.ffn_up`, `${from}.mlp.up_proj`, ffnWidth, width),
      linear(`${to}.ffn_down`, `${from}.mlp.down_proj`, width, ffnWidth),
    ];
  };
  return [
    {
      name: 'token_embd.weight',
      from: 'model.embed_tokens.weight',
      shape: [vocabSize, width],
      layout: same,
      role: 'embedding',
    },
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    vector('output_norm.weight', 'model.norm.weight', width),
    ...(tiedEmbeddings ? [] : [outputTensor(vocabSize, width)]),
  ];
}

function outputTensor(vocabSize: number, width: number): GgufTensor {
  return { name: 'output.weight', from: 'lm_head.weight', shape: [vocabSize, width], layout: same, role: 'output' };
}

/**
 * For each row of a GGUF tensor of layout `rotary`, the row of the checkpoint that it is. `rows` are heads times head
 * dimension.
 */
export function rotaryRowOrder(rows: number, heads: number): Int32Array {
  const headDim = rows / heads;
  const half = headDim / 2;
  return Int32Array.from({ length: rows }, (_, row) => {
    const head = Math.floor(row / headDim);
    const within = row % headDim;
    return head * headDim + (within % 2) * half + (within >> 1);
  });
}
