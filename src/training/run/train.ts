import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { CheckpointReader } from '../../model/checkpoint/checkpoint-reader.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { type TokenizerFiles, writeModelDirectory } from '../../model/model-directory.ts';
import { checkpointTensors } from '../../model/model-parameters.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { Work } from '../../runtime/progress.ts';
import { utilization } from '../../tensor/matrix-peak.ts';
import { type Batch, type BatchSource, emptyBatch } from '../data/batch.ts';
import { adamwStep } from '../optimizer/adamw.ts';
import { MetricsLog } from '../report/metrics-log.ts';
import { loadCheckpoint, loadWeights, type RunProgress, saveCheckpoint, saveWeights } from './checkpoint.ts';
import { Evaluator } from './evaluation.ts';
import { trainingFlopsPerToken } from './flops.ts';
import { MicroBatchRunner } from './micro-batch.ts';
import { writeRunFiles } from './run-files.ts';
import { Sampler } from './sampler.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainSettings } from './settings.ts';
import { TrainableModel } from './trainable-model.ts';

export interface TrainInput {
  settings: TrainSettings;
  config: ModelConfig;
  /** Weights to start from; default: trained from scratch. */
  start?: CheckpointReader;
  data: {
    train: BatchSource;
    validation?: BatchSource;
    /** SHA-256 of the data, stored as provenance and checked on resume. */
    hash: string;
  };
  /** Folder of metrics and checkpoints. A stopped run in this folder is resumed. */
  runFolder: string;
  /** Folder of the trained model, with its tokenizer and provenance. */
  output: {
    path: string;
    tokenizer?: TokenizerFiles;
    provenance: { name: string; parent?: string; runId?: string };
  };
}

export interface TrainSummary {
  steps: number;
  parameters: number;
  /** Trained parameters: all, or those of the adapter. */
  trainedParameters: number;
  /** Losses in nats per counted token: the final running mean, the last and the lowest validation loss. */
  trainingLoss: number;
  validationLoss: number | null;
  bestValidationLoss: number | null;
  bestStep: number | null;
  /** `tokens` counts the tokens in the loss; `tokensPerSecond` all tokens of the batches, without evaluation time. */
  tokens: number;
  tokensPerSecond: number;
  seconds: number;
  modelPath: string;
}

/** Weight of the newest loss in the running mean. */
const MEAN_LOSS_SHARE = 0.05;
/** Steps before a loss spike counts as divergence, because the first losses fall too fast to compare. */
const DIVERGENCE_GRACE_STEPS = 50;
/** Least rise of the loss that counts as divergence; a loss near zero may double in a hard batch. */
const DIVERGENCE_LEAST_NATS = 1;

/**
 * Trains a model: prepares state and graphs, resumes from the checkpoint of a stopped run, runs the steps, evaluates,
 * keeps the best and the last state, and writes the model directory. Cancelling saves a checkpoint first.
 */
export async function train(input: TrainInput, work: Work): Promise<TrainSummary> {
  const run = await TrainingRun.prepare(input);
  try {
    await run.resume();
    await run.steps(work);
    return await run.finish();
  } finally {
    await run.close();
  }
}

class TrainingRun {
  readonly #input: TrainInput;
  readonly #model: TrainableModel;
  readonly #runner: MicroBatchRunner;
  readonly #evaluator: Evaluator | undefined;
  readonly #sampler: Sampler | undefined;
  readonly #batches: Batch[];
  readonly #totalSteps: number;
  #progress: RunProgress;
  #log: MetricsLog | undefined;
  #recentTokens = 0;
  #recentSeconds = 0;

  private constructor(input: TrainInput, model: TrainableModel) {
    this.#input = input;
    this.#model = model;
    const { settings, config, data } = input;
    const { graph, state, frozen, arrays, specs, variant } = model;
    this.#runner = new MicroBatchRunner(graph, state, { dropoutRate: settings.dropout, seed: settings.seed, frozen });
    this.#evaluator =
      data.validation === undefined ? undefined : new Evaluator(config, specs, arrays, data.validation, variant);
    const tokenizer = input.output.tokenizer;
    this.#sampler =
      settings.sampleEvery === 0 || tokenizer === undefined
        ? undefined
        : new Sampler(config, specs, arrays, Tokenizer.fromFiles(tokenizer), { length: data.train.length, variant });
    this.#batches = Array.from({ length: settings.gradientAccumulation }, () => emptyBatch(data.train));
    this.#totalSteps = stepsOf(settings, data.train);
    this.#progress = {
      step: 0,
      tokens: 0,
      seconds: 0,
      digest: digestOf(input),
      meanLoss: null,
      best: null,
      validationLoss: null,
    };
  }

  static async prepare(input: TrainInput): Promise<TrainingRun> {
    checkFit(input);
    return new TrainingRun(input, await TrainableModel.prepare(input, input.data.train));
  }

  /** Resumes from the last checkpoint of this run, if there is one. */
  async resume(): Promise<void> {
    const found = await loadCheckpoint(this.#lastPath, this.#model.state);
    if (found !== undefined && found.digest !== this.#progress.digest) {
      throw new FtsError(
        'conflict',
        'The run was started with different settings, a different model or different data.',
        {
          field: 'settings',
          value: this.#input.runFolder,
          remedy: 'Resume with the same settings, model and data, or start a new run.',
        },
      );
    }
    this.#progress = found ?? this.#progress;
    this.#log = await MetricsLog.open(join(this.#input.runFolder, 'metrics.jsonl'), this.#progress.step);
  }

  /** Runs all remaining steps. */
  async steps(work: Work): Promise<void> {
    const { settings } = this.#input;
    const { batch, length } = this.#input.data.train;
    const flops = trainingFlopsPerToken(this.#input.config, this.#model.specs, length);
    const stepTokens = batch * length * settings.gradientAccumulation;
    while (this.#progress.step < this.#totalSteps) {
      if (work.signal.aborted) {
        await this.#saveLast();
        throwIfAborted(work.signal);
      }
      const started = performance.now();
      const { loss, gradientNorm, learningRate } = await this.#step();
      const seconds = (performance.now() - started) / 1000;
      const { step } = this.#progress;
      this.#progress.seconds += seconds;
      // a moving window of about the last 50 steps
      this.#recentTokens = this.#recentTokens * 0.98 + stepTokens;
      this.#recentSeconds = this.#recentSeconds * 0.98 + seconds;
      const tokensPerSecond = this.#recentTokens / this.#recentSeconds;
      const last = step === this.#totalSteps;
      const evaluated = this.#evaluator !== undefined && (last || step % settings.evaluateEvery === 0);
      if (evaluated) await this.#evaluate(work);
      await this.#log!.append({
        step,
        loss,
        learningRate,
        gradientNorm,
        tokensPerSecond,
        tokens: this.#progress.tokens,
        seconds: this.#progress.seconds,
        ...(evaluated ? { validationLoss: this.#progress.validationLoss! } : {}),
      });
      if (last || step % settings.checkpointEvery === 0) await this.#saveLast();
      const note = await this.#sampleText(step);
      work.report({
        ...(note === undefined ? {} : { note }),
        stage: 'train',
        done: step,
        total: this.#totalSteps,
        unit: 'steps',
        metrics: {
          loss,
          learningRate,
          gradientNorm,
          'tok/s': tokensPerSecond,
          mfu: utilization(tokensPerSecond * flops),
          secondsLeft: ((this.#totalSteps - step) * stepTokens) / tokensPerSecond,
          ...(this.#progress.validationLoss === null ? {} : { validationLoss: this.#progress.validationLoss }),
        },
      });
    }
  }

  /** Writes the model directory with the chosen weights. */
  async finish(): Promise<TrainSummary> {
    const { settings, config, output, data } = this.#input;
    const { step, best, meanLoss, validationLoss, tokens, seconds } = this.#progress;
    if (settings.keep === 'best' && best !== null && best.step !== step)
      await loadWeights(this.#bestPath, this.#model.state);
    const summary: TrainSummary = {
      steps: step,
      parameters: this.#model.parameters,
      trainedParameters: this.#model.trainedParameters,
      trainingLoss: meanLoss ?? Number.NaN,
      validationLoss,
      bestValidationLoss: best?.loss ?? null,
      bestStep: best?.step ?? null,
      tokens,
      tokensPerSecond: seconds === 0 ? 0 : (step * this.#tokensPerStep) / seconds,
      seconds,
      modelPath: output.path,
    };
    await writeRunFiles(this.#input.runFolder, output.provenance.name, Date.now() / 1000 - seconds);
    await writeModelDirectory(output.path, {
      config,
      dtype: settings.dtype,
      weights: checkpointTensors(config, (name) => this.#model.weights(name), settings.dtype),
      fillMore: (folder) => this.#model.writeAdapter(join(folder, 'adapter'), output.provenance.parent ?? null),
      ...(output.tokenizer === undefined ? {} : { tokenizer: output.tokenizer }),
      provenance: {
        ...output.provenance,
        madeBy: 'train',
        createdAt: new Date().toISOString(),
        dataHash: data.hash,
        settings: { ...settings },
        metrics: Object.fromEntries(Object.entries(summary).filter(([, value]) => typeof value === 'number')),
      },
    });
    return summary;
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#runner.close();
    this.#evaluator?.close();
    this.#sampler?.close();
    await this.#model.state.close();
  }

  /** One optimizer step over its micro-batches. */
  async #step(): Promise<{ loss: number; gradientNorm: number; learningRate: number }> {
    const { settings, data } = this.#input;
    const accumulated = settings.gradientAccumulation;
    const first = this.#progress.step * accumulated;
    let counted = 0;
    for (const [offset, batch] of this.#batches.entries()) {
      data.train.fill(first + offset, batch);
      counted += batch.counts.reduce((sum, value) => sum + value, 0);
    }
    let loss = 0;
    for (const [offset, batch] of this.#batches.entries()) {
      loss += await this.#runner.run(batch, Math.max(1, counted), first + offset);
      if (accumulated > 1) this.#model.state.accumulate(offset === 0);
    }
    const gradientNorm = this.#model.state.gradientNorm();
    this.#checkDivergence(loss, gradientNorm);
    const step = this.#progress.step + 1;
    const learningRate = learningRateAt(step, this.#totalSteps, settings);
    const { gradientClip } = settings;
    const gradientScale = gradientClip > 0 && gradientNorm > gradientClip ? gradientClip / gradientNorm : 1;
    adamwStep(this.#model.state, settings, { step, learningRate, gradientScale });
    const mean = this.#progress.meanLoss ?? loss;
    this.#progress.step = step;
    this.#progress.tokens += counted;
    this.#progress.meanLoss = mean + MEAN_LOSS_SHARE * (loss - mean);
    return { loss, gradientNorm, learningRate };
  }

  /** Called before the update, so that weights and the last checkpoint are not affected by divergence. */
  #checkDivergence(loss: number, gradientNorm: number): void {
    const { step, meanLoss } = this.#progress;
    const { divergenceFactor } = this.#input.settings;
    const spike =
      step > DIVERGENCE_GRACE_STEPS &&
      meanLoss !== null &&
      loss > Math.max(meanLoss * divergenceFactor, meanLoss + DIVERGENCE_LEAST_NATS);
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm) && !spike) return;
    const what = spike ? `the loss rose to ${loss.toFixed(3)} from a mean of ${meanLoss!.toFixed(3)}` : `loss ${loss}`;
    throw new FtsError('conflict', `Training diverged in step ${step + 1}: ${what}, gradient norm ${gradientNorm}.`, {
      field: 'learningRate',
      value: this.#input.settings.learningRate,
      remedy: 'Lower the learning rate or lengthen the warm-up. The last good checkpoint is kept.',
    });
  }

  async #evaluate(work: Work): Promise<void> {
    work.report({ stage: 'evaluate', done: this.#progress.step, total: this.#totalSteps, unit: 'steps' });
    const loss = await this.#evaluator!.run(work.signal);
    this.#progress.validationLoss = loss;
    if (this.#progress.best !== null && this.#progress.best.loss <= loss) return;
    this.#progress.best = { step: this.#progress.step, loss };
    if (this.#input.settings.keep === 'best') await saveWeights(this.#bestPath, this.#model.state, this.#progress);
  }

  async #sampleText(step: number): Promise<string | undefined> {
    const { sampleEvery, samplePrompt, sampleTokens, seed } = this.#input.settings;
    if (this.#sampler === undefined || step % sampleEvery !== 0) return undefined;
    return this.#sampler.text(samplePrompt, sampleTokens, seed);
  }

  async #saveLast(): Promise<void> {
    await saveCheckpoint(this.#lastPath, this.#model.state, this.#progress);
  }

  get #tokensPerStep(): number {
    const { batch, length } = this.#input.data.train;
    return batch * length * this.#input.settings.gradientAccumulation;
  }

  get #lastPath(): string {
    return join(this.#input.runFolder, 'checkpoints', 'last.safetensors');
  }

  get #bestPath(): string {
    return join(this.#input.runFolder, 'checkpoints', 'best.safetensors');
  }
}

function stepsOf(settings: TrainSettings, source: BatchSource): number {
  const perEpoch = source.batchesPerEpoch / settings.gradientAccumulation;
  return settings.steps ?? Math.max(1, Math.ceil(settings.epochs * perEpoch));
}

/** A digest of everything that the weights depend on, so that only the same run is resumed. */
function digestOf({ settings, config, data }: TrainInput): string {
  // Settings of storage, sampling and recomputation do not change the weights.
  const { checkpointEvery, dtype, keep, recomputeActivations, sampleEvery, samplePrompt, sampleTokens, ...deciding } =
    settings;
  return createHash('sha256')
    .update(JSON.stringify([deciding, config, data.hash]))
    .digest('hex');
}

function checkFit({ config, data }: TrainInput): void {
  for (const source of [data.train, data.validation]) {
    if (source !== undefined && source.length > config.contextLength) {
      throw new FtsError('invalid-input', `Sequences of ${source.length} tokens exceed the model's context.`, {
        field: 'contextLength',
        value: source.length,
        remedy: `Use at most ${config.contextLength}.`,
      });
    }
  }
  if (config.width % 4 !== 0) {
    throw new FtsError('invalid-input', 'The width must be a multiple of 4.', {
      field: 'width',
      value: config.width,
      remedy: 'Choose a multiple of 4.',
    });
  }
}
