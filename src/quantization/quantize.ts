import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import { refuseNonFinite } from '../model/checkpoint/finite-values.ts';
import type { ModelDirectory } from '../model/model-directory.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import { loadParameters, type ModelParameters, type OwnParameters } from '../model/model-parameters.ts';
import { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Work } from '../runtime/progress.ts';
import { LayerStore } from './blocks/layer-store.ts';
import type { LayerReport } from './blocks/quantized-part.ts';
import {
  type CalibrationSet,
  type CalibrationText,
  cutSequences,
  type TokenText,
  tokenizeTexts,
} from './calibration/calibration.ts';
import { selfSamples } from './calibration/self-samples.ts';
import { type QuantizedArtifact, writeQuantized } from './formats/write-quantized.ts';
import { quantizeModel } from './quantize-model.ts';
import type { QuantizationSettings } from './settings.ts';

export interface QuantizeInput {
  /** Model directory in the Hugging Face layout, which is not changed. */
  model: string;
  /** Folder of the quantized model; replaced as a whole at the end. */
  output: string;
  /** Folder for finished layers until all are done; default: next to the output. */
  workFolder?: string;
  /** Name of the quantized model; default: the folder's name. */
  name?: string;
  settings: QuantizationSettings;
  /**
   * Texts similar to those the model will process, token ids, or `self` for texts sampled from the model. Not for
   * `rtn`.
   */
  calibration?: Iterable<CalibrationText> | AsyncIterable<CalibrationText> | { tokens: ArrayLike<number> } | 'self';
  /** Stored in `fts.json` with the settings. */
  reason?: string;
}

export interface QuantizeSummary {
  artifacts: QuantizedArtifact[];
  layers: LayerReport[];
  calibrationTokens: number;
  seconds: number;
}

/**
 * Quantizes a model: reads and checks it, cuts calibration sequences, quantizes layer by layer, writes the folder. An
 * interrupted run resumes at the unfinished layer. Errors: `invalid-input` for weights that are not finite, an empty
 * calibration text or a group size that does not divide the width.
 */
export async function quantize(input: QuantizeInput, work: Work): Promise<QuantizeSummary> {
  const started = performance.now();
  const { settings } = input;
  refuseInPlace(input);
  const source = await openModelDirectory(input.model);
  try {
    const model = await loadFiniteParameters(source);
    const calibration =
      settings.method === 'rtn'
        ? undefined
        : cutSequences(await readCalibration(input.calibration, source, model, work), {
            samples: settings.samples,
            length: Math.min(settings.sampleTokens, source.config.contextLength),
          });
    const key = storeKey(source, model, settings, calibration);
    const beside = join(dirname(resolve(input.output)), `.${basename(input.output)}.quantizing`);
    const store = new LayerStore(input.workFolder ?? beside, key);
    await store.prepare();
    const weights = await quantizeModel(source.config, model, calibration, settings, store, work).catch(
      async (error: unknown) => {
        // There is nothing to resume, because the same input would be refused again.
        if (error instanceof FtsError && error.kind === 'invalid-input') await store.remove();
        throw error;
      },
    );
    const provenance = {
      name: input.name ?? basename(resolve(input.output)),
      createdAt: new Date().toISOString(),
      madeBy: 'quantize',
      parent: source.provenance?.name ?? input.model,
      ...(calibration === undefined ? {} : { dataHash: hashOf(calibration) }),
      settings: { ...settings, ...(input.reason === undefined ? {} : { reason: input.reason }) },
      layers: weights.layers,
    };
    const artifacts = await writeQuantized(input.output, source, model, weights, settings, provenance, work);
    await store.remove();
    const calibrationTokens = calibration === undefined ? 0 : calibration.sequences.length * calibration.length;
    return { artifacts, layers: weights.layers, calibrationTokens, seconds: (performance.now() - started) / 1000 };
  } finally {
    await source.close();
  }
}

function refuseInPlace({ model, output }: QuantizeInput): void {
  if (resolve(model) !== resolve(output)) return;
  throw new FtsError('invalid-input', 'The quantized model cannot replace its source.', {
    field: 'output',
    value: output,
    remedy: 'Name another folder.',
  });
}

/** Loads the parameters of a model. Throws `invalid-input` with the tensor and index of a number that is not finite. */
export async function loadFiniteParameters(source: ModelDirectory): Promise<OwnParameters> {
  const model = await loadParameters(source.config, source.weights);
  for (const [name, array] of model.arrays) refuseNonFinite(name, array);
  return model;
}

/** The calibration text as tokens. Throws `invalid-input` if there is no text, or no tokenizer for it. */
export async function readCalibration(
  calibration: QuantizeInput['calibration'],
  source: ModelDirectory,
  model: ModelParameters,
  work: Work,
): Promise<TokenText> {
  if (calibration === undefined) {
    throw new FtsError('invalid-input', 'GPTQ and AWQ need a calibration text.', {
      field: 'calibration',
      remedy: 'Give a text similar to those the model will process, or use the method rtn.',
    });
  }
  if (calibration === 'self') return { tokens: await selfSamples(source.config, model, work), starts: [] };
  if (typeof calibration !== 'string' && 'tokens' in calibration) {
    return { tokens: Int32Array.from(calibration.tokens), starts: [] };
  }
  if (source.tokenizer === undefined) {
    throw new FtsError('invalid-input', 'The model has no tokenizer to read the calibration text with.', {
      field: 'calibration',
      remedy: 'Put tokenizer.json into the model folder, or give token ids.',
    });
  }
  return tokenizeTexts(calibration, Tokenizer.fromFiles(source.tokenizer));
}

/** A hash of weights, settings and calibration text, so that only the same quantization is resumed. */
function storeKey(
  source: ModelDirectory,
  model: ModelParameters,
  settings: QuantizationSettings,
  calibration: CalibrationSet | undefined,
): string {
  const hash = createHash('sha256').update(JSON.stringify([source.config, settings]));
  for (const array of model.arrays.values()) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  if (calibration !== undefined) hash.update(hashOf(calibration));
  return hash.digest('hex');
}

function hashOf({ sequences, counted = [] }: CalibrationSet): string {
  const hash = createHash('sha256');
  for (const { buffer } of [...sequences, ...counted]) hash.update(new Uint8Array(buffer));
  return hash.digest('hex');
}
