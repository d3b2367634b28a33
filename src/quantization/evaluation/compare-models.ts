import { FtsError } from '../../errors/fts-error.ts';
import { loadParameters } from '../../model/model-parameters.ts';
import { openModel } from '../../model/open-model.ts';
import type { Work } from '../../runtime/progress.ts';
import { type LoadedModel, layerErrors } from '../blocks/layer-errors.ts';
import { type Evaluation, evaluateTokens, type WindowSettings } from './perplexity.ts';

export interface ComparedModel {
  path: string;
  /** Size of the weight file in bytes; `bitsPerWeight` is the same per parameter. */
  bytes: number;
  bitsPerWeight: number;
  evaluation: Evaluation;
  /** Relative change compared with the first model: 0.01 is 1 % worse. */
  perplexityChange: number;
  /**
   * Relative squared error of the residual stream compared with the first model: after the embedding and each block.
   */
  layerErrors?: number[];
}

/**
 * Evaluates models on the same text and compares each with the first: perplexity, KL divergence, agreement on the most
 * likely token. Models are GGUF files or model directories; only the first and one other are in memory at a time. The
 * first model's tokenizer is used for all, so all must have its vocabulary.
 */
export async function compareModels(
  paths: readonly string[],
  text: string,
  options: WindowSettings & { maximumTokens?: number },
  work: Work,
): Promise<ComparedModel[]> {
  const rows: ComparedModel[] = [];
  let tokens: number[] | undefined;
  let reference: (LoadedModel & { path: string }) | undefined;
  for (const [index, path] of paths.entries()) {
    const model = await openModel(path);
    try {
      const { config, tokenizer, bytes } = model;
      tokens ??= tokenizer?.encode(text).slice(0, options.maximumTokens);
      if (tokens === undefined) {
        throw new FtsError('invalid-input', `${path} has no tokenizer.`, {
          field: 'models',
          value: path,
          remedy: 'Put a model with tokenizer.json first.',
        });
      }
      if (reference !== undefined && config.vocabSize !== reference.config.vocabSize) {
        throw new FtsError('invalid-input', `${path} has a different vocabulary from ${reference.path}.`, {
          field: 'models',
          value: path,
          remedy: 'Compare models that share a tokenizer.',
        });
      }
      const parameters = await loadParameters(config, model.checkpoint);
      const progress: Work = {
        signal: work.signal,
        report: (report) => {
          const total = (report.total ?? 0) * paths.length;
          work.report({ ...report, done: index * (report.total ?? 0) + report.done, total });
        },
      };
      const evaluation = await evaluateTokens(config, parameters, tokens, options, progress, reference);
      const errors =
        reference && (await layerErrors(reference, { config, parameters }, tokens, options.windowTokens, work));
      reference ??= { path, config, parameters };
      const count = parameters.specs.reduce(
        (sum, { source, shape }) => sum + (source.columns === undefined ? product(source.shape) : product(shape)),
        0,
      );
      const first = rows[0]?.evaluation.perplexity ?? evaluation.perplexity;
      rows.push({
        path,
        bytes,
        bitsPerWeight: (bytes * 8) / count,
        evaluation,
        perplexityChange: evaluation.perplexity / first - 1,
        ...(errors === undefined ? {} : { layerErrors: errors }),
      });
    } finally {
      await model.close();
    }
  }
  return rows;
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
