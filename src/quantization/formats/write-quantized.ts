import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLinear, type ParameterSpec } from '../../model/architectures/parameter.ts';
import { storedHalf } from '../../model/checkpoint/float-formats.ts';
import type { ModuleScheme, SchemeSummary } from '../../model/checkpoint/quantized/checkpoint-format.ts';
import { checkpointFormat } from '../../model/checkpoint/quantized/quantized-checkpoint.ts';
import { dequantizeMatrix, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { TensorSource } from '../../model/checkpoint/safetensors.ts';
import { exportGguf, type GgufArtifact } from '../../model/gguf/export-gguf.ts';
import {
  type ModelDirectory,
  type Provenance,
  weightFileBytes,
  writeModelDirectory,
} from '../../model/model-directory.ts';
import { type ModelParameters, type ParameterSource, toWeightReader } from '../../model/model-parameters.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { Work } from '../../runtime/progress.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { LinearWeight } from '../blocks/block-weights.ts';
import type { QuantizedWeights } from '../quantize-model.ts';
import type { QuantizationSettings } from '../settings.ts';
import { modelfile } from './modelfile.ts';

/** A file or folder of the quantized model. */
export interface QuantizedArtifact {
  /** `q4_0`, `q8_0`, …, or the layout of the safetensors file. */
  format: string;
  path: string;
  bytes: number;
  /** Bits per weight, scales and unquantized tensors included. */
  bitsPerWeight: number;
  /** Tensors stored in a different type from the requested one, and why. */
  fallbacks: string[];
}

/** Writes the quantized model as one folder: safetensors in the requested format, GGUF, Modelfile, provenance. */
export async function writeQuantized(
  path: string,
  source: ModelDirectory,
  model: ModelParameters,
  weights: QuantizedWeights,
  settings: QuantizationSettings,
  provenance: Provenance,
  work: Work,
): Promise<QuantizedArtifact[]> {
  const { config, tokenizer: files } = source;
  const reader = toWeightReader(withWeightsFromCodes(model, weights.linear));
  const tokenizer = files === undefined ? undefined : Tokenizer.fromFiles(files);
  const linear = bySourceTensor(model.specs, weights.linear);
  const tables = bySourceTensor(model.specs, weights.tables);
  const format = checkpointFormat(settings.format);
  const packed: typeof tables = settings.packTables && settings.format === 'compressed-tensors' ? tables : new Map();
  const storedNames = new Map(model.specs.map(({ source }) => [source.tensor, source.writtenAs ?? source.tensor]));
  const tensors: TensorSource[] = [];
  for (const name of reader.names()) {
    const matrix = linear.get(name) ?? packed.get(name);
    const stored = storedNames.get(name)!;
    if (matrix === undefined) {
      const { shape } = reader.info(name);
      tensors.push({
        name: stored,
        dtype: 'F16',
        shape,
        read: async () => storedHalf(await reader.readFloat32(name), name),
      });
    } else {
      tensors.push(...format.tensors(moduleName(stored), matrix));
    }
  }
  const ggufName = `${provenance.name}-${ggufFormat(settings)}.gguf`;
  let gguf: GgufArtifact | undefined;
  await writeModelDirectory(path, {
    config,
    dtype: 'float16',
    quantizationConfig: format.quantizationConfig(schemeSummary(model.specs, linear, packed, settings)),
    weights: tensors,
    ...(files === undefined ? {} : { tokenizer: files }),
    ...(source.generationConfig === undefined ? {} : { generationConfig: source.generationConfig }),
    provenance,
    fillMore: async (folder) => {
      const exported = {
        name: provenance.name,
        config,
        tokenizer,
        weights: { ...reader, quantized: (name: string) => linear.get(name) ?? tables.get(name) },
        type: 'F16' as const,
      };
      gguf = await exportGguf(join(folder, ggufName), exported, work);
      await writeFile(join(folder, 'Modelfile'), modelfile(ggufName, config, tokenizer), { flush: true });
    },
  });
  const parameters = reader
    .names()
    .reduce((sum, name) => sum + reader.info(name).shape.reduce((product, side) => product * side, 1), 0);
  const size = await weightFileBytes(path);
  return [
    { ...gguf!, format: ggufFormat(settings), path: join(path, ggufName) },
    { format: settings.format, path, bytes: size, bitsPerWeight: (size * 8) / parameters, fallbacks: [] },
  ];
}

/** The parameters; those deleted from memory are dequantized from their codes when they are read. */
function withWeightsFromCodes(
  { specs, arrays }: ModelParameters,
  linear: ReadonlyMap<string, QuantizedMatrix>,
): ParameterSource {
  const get = (name: string): Float32Array | undefined => {
    const matrix = linear.get(name);
    if (arrays.has(name) || matrix === undefined) return arrays.get(name);
    const spec = specs.find((candidate) => candidate.name === name)!;
    const array = new Float32Array(elementsOf(spec.shape));
    new LinearWeight({ specs, arrays: new Map([[name, array]]) }, name).write(dequantizeMatrix(matrix));
    return array;
  };
  return { specs, arrays: { get } };
}

/** llama.cpp's name for the type of most tensors in the file. */
function ggufFormat({ bits, groupSize, symmetric }: QuantizationSettings): string {
  if (!symmetric && bits === 8) return 'f16';
  if (groupSize === 'channel' || groupSize % 32 === 0) return bits === 8 ? 'q8_0' : symmetric ? 'q4_0' : 'q4_1';
  return 'f16';
}

/** Matrices by checkpoint tensor; GPT-2's query, key and value are joined into one. */
function bySourceTensor(
  specs: readonly ParameterSpec[],
  matrices: ReadonlyMap<string, QuantizedMatrix>,
): Map<string, QuantizedMatrix> {
  const parts = new Map<string, QuantizedMatrix[]>();
  for (const spec of specs) {
    const matrix = matrices.get(spec.name);
    if (matrix === undefined) continue;
    parts.set(spec.source.tensor, [...(parts.get(spec.source.tensor) ?? []), matrix]);
  }
  return new Map([...parts].map(([tensor, list]) => [tensor, joinRows(list)]));
}

function joinRows(parts: readonly QuantizedMatrix[]): QuantizedMatrix {
  const [first] = parts as [QuantizedMatrix];
  if (parts.length === 1) return first;
  return {
    ...first,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    codes: joined(
      parts.map(({ codes }) => codes),
      (length) => new Uint8Array(length),
    ),
    scales: joined(
      parts.map(({ scales }) => scales),
      (length) => new Float32Array(length),
    ),
    zeroPoints: joined(
      parts.map(({ zeroPoints }) => zeroPoints),
      (length) => new Uint8Array(length),
    ),
  };
}

function joined<Values extends Uint8Array | Float32Array>(
  parts: readonly Values[],
  allocate: (length: number) => Values,
): Values {
  const out = allocate(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function moduleName(tensor: string): string {
  return tensor.replace(/\.weight$/, '');
}

function schemeSummary(
  specs: readonly ParameterSpec[],
  linear: ReadonlyMap<string, QuantizedMatrix>,
  packedTables: ReadonlyMap<string, QuantizedMatrix>,
  settings: QuantizationSettings,
): SchemeSummary {
  const exceptions = new Map<string, 4 | 8>();
  const unquantized = new Set<string>();
  const tables: Map<'embedding' | 'output', ModuleScheme & { module: string }> = new Map();
  for (const spec of specs) {
    const { role, source } = spec;
    const module = moduleName(source.writtenAs ?? source.tensor);
    const table = packedTables.get(source.tensor);
    // The position embedding has the same class as the packed token embedding, so it must be listed as unquantized.
    if (role === 'position-embedding' && packedTables.size > 0) unquantized.add(module);
    if (table !== undefined) tables.set(role === 'token-embedding' ? 'embedding' : 'output', { ...table, module });
    if (!isLinear(spec)) continue;
    const matrix = linear.get(source.tensor);
    if (matrix === undefined) unquantized.add(module);
    else if (matrix.bits !== settings.bits) exceptions.set(module, matrix.bits);
  }
  return {
    bits: settings.bits,
    groupSize: settings.groupSize === 'channel' ? undefined : settings.groupSize,
    symmetric: settings.symmetric,
    exceptions,
    unquantized: [...unquantized],
    tables,
    ...(settings.method === 'gptq' ? { damping: settings.damping } : {}),
  };
}
