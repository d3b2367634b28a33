import { type ParameterRole, type ParameterSource, paddedRows } from '../../architectures/parameter.ts';
import type { ModelShape } from '../../model-config.ts';
import type { FamilyParameter } from '../family.ts';
import { blockNorms } from './block-norms.ts';

const deviation = 0.02;

/** Every parameter of a rotary decoder, under the names of Hugging Face's Llama and of llama.cpp. */
export function decoderParameters(shape: ModelShape): FamilyParameter[] {
  const { width, vocabSize, layers, tiedEmbeddings } = shape;
  const outside = { layer: null, out: vocabSize, input: width };
  const head = matrix({ name: 'lm_head', gguf: 'output', role: 'output-head', ...outside });
  const table = matrix({ name: 'model.embed_tokens', gguf: 'token_embd', role: 'token-embedding', ...outside });
  return [
    { ...table, shape: [vocabSize, width] },
    ...Array.from({ length: layers }, (_, layer) => blockParameters(shape, layer)).flat(),
    norm(shape, { name: 'model.norm.weight', gguf: 'output_norm.weight', role: 'norm', layer: null, length: width }),
    ...(tiedEmbeddings ? [] : [head]),
  ];
}

function blockParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width } = shape;
  const [block, gguf] = [`model.layers.${layer}`, `blk.${layer}`];
  const norms = blockNorms(shape);
  const normOf = (found: { name: string; gguf: string } | undefined): FamilyParameter[] =>
    found === undefined
      ? []
      : [
          norm(shape, {
            name: `${block}.${found.name}.weight`,
            gguf: `${gguf}.${found.gguf}.weight`,
            role: 'norm',
            layer,
            length: width,
          }),
        ];
  return [
    ...normOf(norms.attention.before),
    ...projectionParameters(shape, layer),
    ...outputParameters(shape, layer),
    ...normOf(norms.attention.after),
    ...normOf(norms.feedForward.before),
    ...feedForwardParameters(shape, layer),
    ...normOf(norms.feedForward.after),
  ];
}

const residualDeviation = ({ layers }: ModelShape): number => deviation / Math.sqrt(2 * layers);

/** Queries, keys and values with their biases, and the norms over heads. */
function projectionParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, heads, kvHeads, headDim, fusedProjections } = shape;
  const attention = `model.layers.${layer}.self_attn`;
  const gguf = `blk.${layer}.attn`;
  const all = (heads + 2 * kvHeads) * headDim;
  const projections = [
    { name: 'q', role: 'query', count: heads, first: 0 },
    { name: 'k', role: 'key', count: kvHeads, first: heads },
    { name: 'v', role: 'value', count: kvHeads, first: heads + kvHeads },
  ] as const;
  const specs: FamilyParameter[] = [];
  for (const { name, role, count, first } of projections) {
    const out = count * headDim;
    const rotated = name === 'v' ? {} : { rotaryHeads: count };
    const [from, to] = [`${attention}.${name}_proj`, `${gguf}_${name}`];
    const weight = { ...matrix({ name: from, gguf: to, role, layer, out, input: width }), shape: [out, width] };
    if (fusedProjections === true) {
      const rows = [first * headDim, first * headDim + out] as const;
      specs.push({ ...weight, gguf: `${gguf}_qkv.weight`, source: part(`${attention}.qkv_proj`, [all, width], rows) });
    } else {
      specs.push({ ...weight, ...rotated });
    }
    if (!shape.qkvBias) continue;
    const bias = vector({ name: `${from}.bias`, gguf: `${to}.bias`, role: 'bias', layer, length: out });
    specs.push({ ...bias, ...rotated });
  }
  if (shape.qkNorm === false) return specs;
  for (const [name, count] of [
    ['q', heads],
    ['k', kvHeads],
  ] as const) {
    const names = { name: `${attention}.${name}_norm.weight`, gguf: `${gguf}_${name}_norm.weight` };
    const length = shape.qkNorm === 'whole' ? count * headDim : headDim;
    specs.push(norm(shape, { ...names, role: 'norm', layer, length }));
  }
  return specs;
}

function outputParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, heads, headDim, attentionOutputBias } = shape;
  const place = { name: `model.layers.${layer}.self_attn.o_proj`, gguf: `blk.${layer}.attn_output`, layer };
  const input = heads * headDim;
  return [
    {
      ...matrix({ ...place, role: 'attention-output', out: width, input }),
      shape: [width, input],
      initial: { normalDeviation: residualDeviation(shape) },
    },
    ...(attentionOutputBias === true ? [biasOf(place, width)] : []),
  ];
}

function feedForwardParameters(shape: ModelShape, layer: number): FamilyParameter[] {
  const { width, ffnWidth, fusedProjections, ffnBias } = shape;
  const [mlp, gguf] = [`model.layers.${layer}.mlp`, `blk.${layer}`];
  const specs: FamilyParameter[] = [];
  for (const [index, name] of (['gate', 'up'] as const).entries()) {
    const place = { name: `${mlp}.${name}_proj`, gguf: `${gguf}.ffn_${name}`, layer };
    const weight = matrix({ ...place, role: `ffn-${name}`, out: ffnWidth, input: width });
    const rows = [index * ffnWidth, (index + 1) * ffnWidth] as const;
    const source = part(`${mlp}.gate_up_proj`, [2 * ffnWidth, width], rows);
    specs.push(fusedProjections === true ? { ...weight, gguf: `${gguf}.ffn_up.weight`, source } : weight);
    if (ffnBias === true) specs.push(biasOf(place, ffnWidth));
  }
  const place = { name: `${mlp}.down_proj`, gguf: `${gguf}.ffn_down`, layer };
  const down = matrix({ ...place, role: 'ffn-down', out: width, input: ffnWidth });
  specs.push({
    ...down,
    shape: [paddedRows(ffnWidth), width],
    source: { ...down.source, transposed: true },
    layout: 'in-out',
    initial: { normalDeviation: residualDeviation(shape) },
  });
  if (ffnBias === true) specs.push(biasOf(place, width));
  return specs;
}

function biasOf({ name, gguf, layer }: Omit<Place, 'role'>, length: number): FamilyParameter {
  return vector({ name: `${name}.bias`, gguf: `${gguf}.bias`, role: 'bias', layer, length });
}

/** Some rows of a matrix that files keep for several parameters. */
function part(module: string, shape: readonly number[], rows: readonly [number, number]): ParameterSource {
  return { tensor: `${module}.weight`, shape, transposed: false, rows };
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

/** A norm's weight, which some families keep less 1. */
function norm({ centredNorms }: ModelShape, place: Place & { length: number }): FamilyParameter {
  const spec = vector(place);
  return centredNorms === true ? { ...spec, source: { ...spec.source, plus: 1 } } : spec;
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
